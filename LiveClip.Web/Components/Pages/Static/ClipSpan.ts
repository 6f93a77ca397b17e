import { TICKS_PER_SECOND, playingTime, type Run, type RunExtent } from '../../Controls/ShownPicture';

/** RTMP's milliseconds put pictures up to half a millisecond off: a point that near to a picture names it. */
const TOLERANCE = 180;

export type Side = 'before' | 'inside' | 'last' | 'behind';

/** The range of a clip on its recording's timeline, in ticks: the pictures with start ≤ t < end. */
export class ClipSpan {
  constructor(readonly start: number, readonly end: number, readonly extents: readonly RunExtent[]) {}

  /** @param frame Seconds from one picture to the next. */
  sideOf(picture: number, frame: number): Side {
    if (picture < this.start - TOLERANCE) {
      return 'before';
    }

    if (picture >= this.end - TOLERANCE) {
      return 'behind';
    }

    return picture + frame * TICKS_PER_SECOND >= this.end - TOLERANCE ? 'last' : 'inside';
  }

  /** A place that shows the last picture, whatever the distance of pictures. */
  get justBeforeEnd(): number {
    return this.end - 2 * TOLERANCE;
  }

  /** Where in the clip's own file that picture is, seconds: gaps are not in it. */
  secondsTo(picture: number): number {
    return playingTime(this.start, Math.min(picture, this.end), this.extents) / TICKS_PER_SECOND;
  }

  /** The runs as a player's clock wants them. */
  get runs(): Run[] {
    return this.extents.map(({ run, start }) => ({ number: run, timelineStart: start, wallClock: '', width: 0, height: 0 }));
  }
}

/** "0:0:450000 1:540000:900000": each run that the page knows, with its beginning and end. */
export function readExtents(text: string): RunExtent[] {
  return text.split(' ').filter(part => part.includes(':')).map(part => {
    const [run, start, end] = part.split(':').map(Number);
    return { run: run!, start: start!, end: end! };
  });
}
