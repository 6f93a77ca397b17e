import type { ClipError, ClipState, CreateClipAnswer, CreateClipRequest } from '../../Hubs/LiveConnection';

/** A clip between the key press and the moment when its card is on the page. */
export interface PendingClip {
  readonly request: CreateClipRequest;
  readonly pressedAt: number;
  /** "12.400 s": what the card says. */
  readonly label: string;
  readonly image: string;
  state: 'sending' | 'waiting' | 'refused' | 'made';
  error?: ClipError;
  clip?: ClipState;
}

/** What outlives the page: requests that no answer has come to, by their client ids. */
export interface RequestStore {
  load(): Promise<PendingClip[]>;
  put(pending: PendingClip): Promise<void>;
  remove(clientId: string): Promise<void>;
}

/** The request did not get through; everything else that `send` throws is the server's no. */
export class NotConnected extends Error {}

/**
 * Clip requests that are under way. Each is sent until it is answered, one try at a time; the client-made id makes a repeat harmless,
 * so a request whose answer was lost with the connection is simply sent again.
 */
export class ClipRequests {
  readonly #pending = new Map<string, PendingClip>();
  #stored: Promise<void> = Promise.resolve();

  constructor(
    private readonly send: (request: CreateClipRequest) => Promise<CreateClipAnswer>,
    private readonly store: RequestStore,
    private readonly changed: () => void,
  ) {}

  get all(): readonly PendingClip[] {
    return [...this.#pending.values()];
  }

  /** Takes up what an earlier page left unanswered. */
  async restore(): Promise<void> {
    const unanswered = await this.store.load().catch(() => []);
    for (const pending of unanswered) {
      if (!this.#pending.has(pending.request.clientId)) {
        this.#pending.set(pending.request.clientId, { ...pending, state: 'waiting' });
      }
    }

    this.changed();
  }

  async add(pending: Omit<PendingClip, 'state'>): Promise<void> {
    const id = pending.request.clientId;
    if (this.#pending.has(id)) {
      return;
    }

    const sending: PendingClip = { ...pending, state: 'sending' };
    this.#pending.set(id, sending);
    this.changed();
    this.#then(() => this.store.put(sending));
    await this.#trySend(id);
  }

  /** The connection is back: everything unanswered goes out. */
  async flush(): Promise<void> {
    for (const pending of this.all) {
      if (pending.state === 'waiting') {
        await this.#trySend(pending.request.clientId);
      }
    }
  }

  /** News of a clip: it may be one whose answer has not come yet. */
  updated(clip: ClipState): void {
    const pending = clip.clientId ? this.#pending.get(clip.clientId) : undefined;
    if (pending) {
      this.#made(pending, clip);
    }
  }

  /** Its card is on the page, or the producer has read why there is none. */
  dismiss(clientId: string): void {
    const pending = this.#pending.get(clientId);
    if (pending && (pending.state === 'made' || pending.state === 'refused')) {
      this.#pending.delete(clientId);
      this.changed();
    }
  }

  async #trySend(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    if (!pending) {
      return;
    }

    pending.state = 'sending';
    this.changed();
    try {
      const answer = await this.send(pending.request);
      if (answer.clip) {
        this.#made(pending, answer.clip);
      } else {
        this.#refused(pending, answer.error ?? { field: '', message: 'The server gave no answer.', reason: 'invalid' });
      }
    } catch (error) {
      if (error instanceof NotConnected) {
        if (this.#stillSending(pending)) {
          pending.state = 'waiting';
        }
      } else {
        this.#refused(pending, { field: '', message: error instanceof Error ? error.message : String(error), reason: 'invalid' });
      }
    } finally {
      this.changed();
    }
  }

  // While the answer was awaited, an event may have told of the clip already.
  #stillSending(pending: PendingClip): boolean {
    return pending.state === 'sending';
  }

  #made(pending: PendingClip, clip: ClipState): void {
    pending.state = 'made';
    pending.clip = clip;
    this.changed();
    this.#forget(pending);
  }

  #refused(pending: PendingClip, error: ClipError): void {
    pending.state = 'refused';
    pending.error = error;
    this.#forget(pending);
  }

  #forget(pending: PendingClip): void {
    this.#then(() => this.store.remove(pending.request.clientId));
  }

  // One write after the other. A browser that keeps nothing (private window, full disk) loses requests at a reload only.
  #then(write: () => Promise<void>): void {
    this.#stored = this.#stored.then(write).catch((error: unknown) => console.warn('Clip requests do not outlive a reload', error));
  }
}
