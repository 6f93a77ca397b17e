// Which picture of a recording is on the screen. The player's clock is no answer: its own time line is moved by whatever the browser
// and hls.js make of the first time stamps. The presented frame's media time plus the one constant that hls.js subtracted
// (INIT_PTS_FOUND, one per discontinuity) is the picture's own time stamp within its run, exactly.

/** Times on a recording's timeline and within a run are whole ticks of 1/90,000 s. */
export const TICKS_PER_SECOND = 90_000;

/** A picture by its run and its presentation time within that run. */
export interface ShownPicture {
  readonly run: number;
  readonly time90k: number;
}

/** A place of the timeline and its UTC in ISO 8601. */
export interface Anchor {
  readonly timeline: number;
  readonly wallClock: string;
}

/** A run as the catalog knows it: where its time 0 lies on the recording's timeline, and in UTC. */
export interface Run {
  readonly number: number;
  readonly timelineStart: number;
  /** ISO 8601. */
  readonly wallClock: string;
  /** Places from which on another UTC belongs to the timeline, in order. */
  readonly anchors?: readonly Anchor[];
  readonly width: number;
  readonly height: number;
}

/** What is needed of an hls.js fragment. */
export interface PlaylistFragment {
  readonly start: number;
  readonly duration: number;
  readonly cc: number;
  readonly url: string;
  readonly gap?: boolean;
  /** The video's own start where it has been parsed: `start` itself is the earlier of sound and picture. */
  readonly elementaryStreams?: { readonly video?: { readonly startPTS: number } | null };
}

/** What is needed of an hls.js playlist. */
export interface Playlist {
  readonly fragments: readonly (PlaylistFragment & { readonly sn: number | string })[];
  /** The segment that is still growing, when it has parts: no address of its own, and only as long as what has been loaded of it. */
  readonly fragmentHint?: PlaylistFragment & { readonly sn: number | string };
  readonly partList?: readonly { readonly fragment: { readonly sn: number | string }; readonly url: string; readonly end: number }[] | null;
}

/** The stretch of the timeline for which a run has pictures: start ≤ t < end. */
export interface RunExtent {
  readonly run: number;
  readonly start: number;
  readonly end: number;
}

// Media times come in microseconds, fragment starts as sums of rounded EXTINF: a picture on the boundary belongs to the later fragment.
const BOUNDARY_SECONDS = 0.002;

/** The run in a segment's address: `…/{run}/{number}.m4s`. */
export function runOfSegment(url: string): number | null {
  const parts = new URL(url, 'http://localhost').pathname.split('/');
  const run = Number(parts[parts.length - 2] || NaN);
  return Number.isInteger(run) && run >= 0 ? run : null;
}

/** All there is, the segment that is still growing too: as long as its parts, and with the address of one. */
export function fragmentsOf({ fragments, fragmentHint: open, partList }: Playlist): readonly PlaylistFragment[] {
  const part = partList?.at(-1);
  if (!open || !part || part.fragment.sn !== open.sn) {
    return fragments;
  }

  // hls.js puts it among the others, too, once it has loaded a part of it.
  const whole = fragments.filter(fragment => fragment.sn !== open.sn);
  return [...whole, {
    start: open.start, duration: part.end - open.start, cc: open.cc, url: part.url, elementaryStreams: open.elementaryStreams,
  }];
}

/** The player's time ↔ pictures. */
export class PictureClock {
  readonly #offsets = new Map<number, number>();

  /** hls.js took `initPts / timescale` seconds off all time stamps of a discontinuity. */
  learn(discontinuity: number, initPts: number, timescale: number): void {
    this.#offsets.set(discontinuity, initPts / timescale);
  }

  reset(): void {
    this.#offsets.clear();
  }

  /** Null while the offset of its run is not known. */
  pictureAt(mediaTime: number, fragments: readonly PlaylistFragment[]): ShownPicture | null {
    const fragment = fragmentAt(mediaTime, fragments);
    const offset = fragment && this.#offsets.get(fragment.cc);
    const run = fragment && runOfSegment(fragment.url);
    return offset === null || offset === undefined || run === null
      ? null
      : { run, time90k: Math.round((mediaTime + offset) * TICKS_PER_SECOND) };
  }

  /** Where the player has that picture; for a run not played yet as near as the playlist says. */
  mediaTimeOf(picture: ShownPicture, fragments: readonly PlaylistFragment[]): number | null {
    const first = fragments.find(fragment => !fragment.gap && runOfSegment(fragment.url) === picture.run);
    if (!first) {
      return null;
    }

    const seconds = picture.time90k / TICKS_PER_SECOND;
    const offset = this.#offsets.get(first.cc);
    return offset === undefined ? first.start + seconds : seconds - offset;
  }
}

function fragmentAt(mediaTime: number, fragments: readonly PlaylistFragment[]): PlaylistFragment | null {
  let found: PlaylistFragment | null = null;
  for (const fragment of fragments) {
    if (!fragment.gap && (fragment.elementaryStreams?.video?.startPTS ?? fragment.start) <= mediaTime + BOUNDARY_SECONDS) {
      found = fragment;
    }
  }

  return found;
}

/** What the playlist says there is of each run. The newest picture known from elsewhere may lie beyond the last one. */
export function runExtents(fragments: readonly PlaylistFragment[], runs: readonly Run[]): RunExtent[] {
  const seconds = new Map<number, number>();
  for (const fragment of fragments) {
    const run = fragment.gap ? null : runOfSegment(fragment.url);
    if (run !== null) {
      seconds.set(run, (seconds.get(run) ?? 0) + fragment.duration);
    }
  }

  return runs
    .filter(run => seconds.has(run.number))
    .map(run => ({
      run: run.number,
      start: run.timelineStart,
      end: run.timelineStart + Math.round(seconds.get(run.number)! * TICKS_PER_SECOND),
    }))
    .sort((a, b) => a.start - b.start);
}

/** Null for a run that is not known yet. */
export function timelineOf(picture: ShownPicture, runs: readonly Run[]): number | null {
  const run = runs.find(candidate => candidate.number === picture.run);
  return run ? run.timelineStart + picture.time90k : null;
}

/** The picture at a place of the timeline; inside a gap the next run's first, past the end the last one's end. */
export function pictureOn(timeline: number, extents: readonly RunExtent[]): ShownPicture | null {
  const extent = extents.find(candidate => timeline < candidate.end) ?? extents.at(-1);
  return extent ? { run: extent.run, time90k: Math.min(Math.max(timeline, extent.start), extent.end) - extent.start } : null;
}

/** Playing time between two places of the timeline: gaps do not count. */
export function playingTime(start: number, end: number, extents: readonly RunExtent[]): number {
  return extents.reduce((sum, extent) => sum + Math.max(0, Math.min(end, extent.end) - Math.max(start, extent.start)), 0);
}

/** The place from which it is so much playing time to `end`, or the start of the first run. */
export function playingTimeBefore(end: number, length: number, extents: readonly RunExtent[]): number {
  let left = length;
  for (const extent of [...extents].reverse()) {
    const available = Math.max(0, Math.min(end, extent.end) - extent.start);
    if (available >= left) {
      return Math.min(end, extent.end) - left;
    }

    left -= available;
  }

  return extents[0]?.start ?? 0;
}

/** UTC of a picture in milliseconds; for display only, pictures are named by run and time. */
export function wallClockOf(picture: ShownPicture, runs: readonly Run[]): number | null {
  const run = runs.find(candidate => candidate.number === picture.run);
  if (!run) {
    return null;
  }

  const timeline = run.timelineStart + picture.time90k;
  const anchor = run.anchors?.filter(candidate => candidate.timeline <= timeline).at(-1)
    ?? { timeline: run.timelineStart, wallClock: run.wallClock };
  return Date.parse(anchor.wallClock) + ((timeline - anchor.timeline) * 1000) / TICKS_PER_SECOND;
}

/** A frame as `requestVideoFrameCallback` reports it. */
export interface PresentedFrame {
  readonly mediaTime: number;
  readonly presentedFrames: number;
}

/**
 * Seconds from one picture to the next, from frames presented one right after the other at normal speed; null while there are too few.
 * The lower quartile, because a browser under load skips pictures without counting them. Stepping aims at the middle of the neighbour,
 * so a third of a picture of error would do no harm.
 */
export function frameDuration(frames: readonly PresentedFrame[]): number | null {
  const distances: number[] = [];
  for (let i = 1; i < frames.length; i++) {
    const [before, after] = [frames[i - 1]!, frames[i]!];
    const distance = after.mediaTime - before.mediaTime;
    if (after.presentedFrames === before.presentedFrames + 1 && distance > 0.004 && distance < 0.5) {
      distances.push(distance);
    }
  }

  distances.sort((a, b) => a - b);
  return distances.length < 4 ? null : distances[distances.length >> 2]!;
}

/** Where to seek for the picture so many pictures away from the one shown: 1300 of 1300 measured steps landed. */
export function stepTarget(mediaTime: number, pictures: number, duration: number): number {
  return Math.max(0, mediaTime + (pictures + 0.5) * duration);
}
