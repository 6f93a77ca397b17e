import type { ShownPicture } from '../Controls/ShownPicture';

/** A marked picture. */
export interface Mark extends ShownPicture {
  /** Its place on the recording's timeline. */
  readonly timeline: number;
  /** The picture itself, as a data URL; empty where none could be taken. */
  readonly image: string;
}

export interface MarkRange {
  readonly in: Mark;
  readonly out: Mark;
}

interface TextStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The in and out marks of one recording. They outlive a reload of the page; a new recording begins without. */
export class Marks {
  #in: Mark | null = null;
  #out: Mark | null = null;
  #key: string | null = null;

  constructor(private readonly store: TextStore, private readonly changed: () => void) {}

  get in(): Mark | null {
    return this.#in;
  }

  get out(): Mark | null {
    return this.#out;
  }

  open(recordingId: string): void {
    this.#key = `liveclip:marks:${recordingId}`;
    const stored = this.store.getItem(this.#key);
    const marks = stored ? (JSON.parse(stored) as { in: Mark | null; out: Mark | null }) : { in: null, out: null };
    [this.#in, this.#out] = [marks.in, marks.out];
    this.changed();
  }

  /** An in point behind the out point makes the old out point meaningless, and the other way round. */
  setIn(mark: Mark): void {
    this.#set(mark, this.#out && this.#out.timeline < mark.timeline ? null : this.#out);
  }

  setOut(mark: Mark): void {
    this.#set(this.#in && this.#in.timeline > mark.timeline ? null : this.#in, mark);
  }

  clear(): void {
    this.#set(null, null);
  }

  /** What would be cut now; with only an in point it reaches to the picture shown. */
  range(shown: Mark | null): MarkRange | string {
    const out = this.#out ?? shown;
    if (!this.#in) {
      return 'Set an in point first: press I on the first picture.';
    }

    if (!out) {
      return 'There is no picture to end on yet.';
    }

    return out.timeline < this.#in.timeline ? 'The picture shown lies before the in point.' : { in: this.#in, out };
  }

  #set(first: Mark | null, last: Mark | null): void {
    [this.#in, this.#out] = [first, last];
    if (this.#key) {
      try {
        this.store.setItem(this.#key, JSON.stringify({ in: first, out: last }));
      } catch {
        // A full store (QuotaExceededError) loses the marks at a reload only.
        this.store.removeItem(this.#key);
      }
    }

    this.changed();
  }
}

/** Says no to a second press within a second on the same marks. */
export class PressGuard {
  #last = '';
  #at = -Infinity;

  admits(what: string, now: number): boolean {
    if (what === this.#last && now - this.#at < 1000) {
      return false;
    }

    [this.#last, this.#at] = [what, now];
    return true;
  }
}
