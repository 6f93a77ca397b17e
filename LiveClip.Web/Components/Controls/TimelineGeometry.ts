// Time ↔ pixels, without a canvas: everything here takes values and returns values.
import { TICKS_PER_SECOND, type RunExtent } from './ShownPicture';

/** What part of the timeline is on the screen. */
export interface View {
  /** Ticks at pixel 0. */
  readonly start: number;
  readonly ticksPerPixel: number;
  /** Pixels. */
  readonly width: number;
}

/** start ≤ t < end, ticks. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** 10 ms in 90 pixels: further in there is nothing to see. */
const MIN_TICKS_PER_PIXEL = TICKS_PER_SECOND / 100 / 90;
/** Room beyond the live edge, as a share of the width, so that it does not stick to the border. */
const EDGE_ROOM = 0.06;
const LABEL_PIXELS = 84;
const RULER_SECONDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];

export function toPixel(view: View, ticks: number): number {
  return (ticks - view.start) / view.ticksPerPixel;
}

export function toTicks(view: View, pixel: number): number {
  return Math.round(view.start + pixel * view.ticksPerPixel);
}

export function endOf(view: View): number {
  return view.start + view.width * view.ticksPerPixel;
}

/** All of it, with a little room after the end. */
export function fit(extent: Span, width: number): View {
  const length = Math.max(extent.end - extent.start, 10 * TICKS_PER_SECOND);
  return { start: extent.start, ticksPerPixel: length / (width * (1 - EDGE_ROOM)), width };
}

/** The last so many ticks, the live edge where `fit` would have it. */
export function follow(view: View, edge: number): View {
  return { ...view, start: edge - view.width * (1 - EDGE_ROOM) * view.ticksPerPixel };
}

/** Another scale, with the place under the pointer staying under it. */
export function zoom(view: View, factor: number, pixel: number, extent: Span): View {
  const widest = fit(extent, view.width).ticksPerPixel;
  const ticksPerPixel = Math.min(Math.max(view.ticksPerPixel * factor, MIN_TICKS_PER_PIXEL), Math.max(widest, MIN_TICKS_PER_PIXEL));
  const start = view.start + pixel * (view.ticksPerPixel - ticksPerPixel);
  return keepInside({ ...view, start, ticksPerPixel }, extent);
}

export function pan(view: View, pixels: number, extent: Span): View {
  return keepInside({ ...view, start: view.start + pixels * view.ticksPerPixel }, extent);
}

export function resize(view: View, width: number): View {
  return { ...view, width };
}

/** A view never leaves the recording, but for the room after its end. */
export function keepInside(view: View, extent: Span): View {
  const last = extent.end - view.width * (1 - EDGE_ROOM) * view.ticksPerPixel;
  return { ...view, start: Math.max(extent.start, Math.min(view.start, Math.max(extent.start, last))) };
}

export interface RulerMark {
  readonly ticks: number;
  readonly labelled: boolean;
}

/** Marks at round times. `origin` is where the clock that is shown has its 0: 0 for elapsed time, local midnight for wall clock. */
export function rulerMarks(view: View, origin = 0): RulerMark[] {
  const step = rulerStep(view);
  const minor = step / (step % (3 * TICKS_PER_SECOND) === 0 && step >= 15 * TICKS_PER_SECOND ? 3 : 5);
  const marks: RulerMark[] = [];
  const per = Math.round(step / minor);
  for (let n = Math.ceil((view.start - origin) / minor); origin + n * minor <= endOf(view); n++) {
    marks.push({ ticks: Math.round(origin + n * minor), labelled: n % per === 0 });
  }

  return marks;
}

/** Distance of labelled marks, in ticks. */
export function rulerStep(view: View): number {
  const seconds = RULER_SECONDS.find(candidate => (candidate * TICKS_PER_SECOND) / view.ticksPerPixel >= LABEL_PIXELS);
  return (seconds ?? 86_400) * TICKS_PER_SECOND;
}

/** The nearest of the places within reach of the pointer, else the place itself. */
export function snap(view: View, ticks: number, places: readonly number[], pixels = 8): number {
  let nearest = ticks;
  let reach = pixels * view.ticksPerPixel;
  for (const place of places) {
    const distance = Math.abs(place - ticks);
    if (distance <= reach) {
      [nearest, reach] = [place, distance];
    }
  }

  return nearest;
}

/** Where there is no picture: between runs, and after the last one up to `end`. */
export function gaps(extents: readonly RunExtent[], end: number): Span[] {
  const found: Span[] = [];
  let at = extents[0]?.end ?? end;
  for (const extent of extents.slice(1)) {
    if (extent.start > at) {
      found.push({ start: at, end: extent.start });
    }

    at = Math.max(at, extent.end);
  }

  return end > at ? [...found, { start: at, end }] : found;
}

/** Puts overlapping spans into as few rows as possible, in order of their starts. */
export function rows(spans: readonly Span[]): number[] {
  const order = spans.map((span, index) => ({ span, index })).sort((a, b) => a.span.start - b.span.start);
  const ends: number[] = [];
  const result = new Array<number>(spans.length).fill(0);
  for (const { span, index } of order) {
    const free = ends.findIndex(end => end <= span.start);
    const row = free < 0 ? ends.length : free;
    ends[row] = span.end;
    result[index] = row;
  }

  return result;
}
