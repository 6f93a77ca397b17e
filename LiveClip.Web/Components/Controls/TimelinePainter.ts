import { TICKS_PER_SECOND, type RunExtent } from './ShownPicture';
import { endOf, fit, gaps, rows, rulerMarks, rulerStep, toPixel, type Span, type View } from './TimelineGeometry';
import { elapsedShort, timeOfDay } from './Timecode';

/** All that is to be seen on the timeline. */
export interface Scene {
  readonly extents: readonly RunExtent[];
  /** The whole recording, up to the live edge. */
  readonly extent: Span;
  readonly isOnAir: boolean;
  /** The encoder is away: the gap at the end grows. */
  readonly isDisconnected: boolean;
  readonly clips: readonly (Span & { readonly status: string })[];
  readonly in: number | null;
  readonly out: number | null;
  readonly shown: number | null;
  /** Milliseconds UTC at timeline 0, for a ruler with the time of day; null for elapsed time. */
  readonly wallClockOrigin: number | null;
  /** Under the pointer. */
  readonly hover: number | null;
}

export const RULER_HEIGHT = 22;
export const OVERVIEW_HEIGHT = 18;
const CLIPS_HEIGHT = 28;
const MAX_CLIP_ROWS = 4;

const COLOURS = {
  ruler: '#9da6b5', minor: '#2a2f3a', major: '#3d4554', track: '#1c3442', trackTop: '#2f5f78', gap: '#20242d', hatch: '#414857',
  range: 'rgb(245 184 61 / 26%)', rangeEdge: '#f5b83d', dim: 'rgb(9 11 15 / 46%)', playhead: '#e6e9ef', live: '#e5303d',
  hover: 'rgb(230 233 239 / 32%)', line: '#2a2f3a', lane: '#12151b', window: 'rgb(230 233 239 / 14%)', windowEdge: '#9da6b5',
  ready: '#4cd08a', cutting: '#3b82c4', failed: '#e5303d',
};

export function paint(canvas: HTMLCanvasElement, view: View, scene: Scene): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }

  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const overviewTop = height - OVERVIEW_HEIGHT;
  const clipsTop = overviewTop - CLIPS_HEIGHT;
  const track = { top: RULER_HEIGHT, height: clipsTop - RULER_HEIGHT };

  paintRuler(context, view, scene, track);
  paintRuns(context, view, scene, track.top, track.height);
  paintRange(context, view, scene, track);
  paintClips(context, view, scene, clipsTop, CLIPS_HEIGHT);
  paintNow(context, view, scene, overviewTop);
  paintOverview(context, view, scene, overviewTop, width);
}

function paintRuler(context: CanvasRenderingContext2D, view: View, scene: Scene, track: { top: number; height: number }): void {
  context.font = '500 11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const midnight = scene.wallClockOrigin === null ? 0 : -ticksSinceMidnight(scene.wallClockOrigin);
  const subSecond = rulerStep(view) < TICKS_PER_SECOND;
  for (const mark of rulerMarks(view, midnight)) {
    const x = Math.round(toPixel(view, mark.ticks)) + 0.5;
    context.fillStyle = mark.labelled ? COLOURS.major : COLOURS.minor;
    context.fillRect(x, mark.labelled ? 4 : RULER_HEIGHT - 6, 1, mark.labelled ? RULER_HEIGHT - 4 : 6);
    if (mark.labelled && mark.ticks >= 0) {
      context.fillRect(x, track.top, 1, track.height);
      context.fillStyle = COLOURS.ruler;
      const label = scene.wallClockOrigin === null
        ? elapsedShort(mark.ticks) + (subSecond ? fraction(mark.ticks) : '')
        : timeOfDay(scene.wallClockOrigin + (mark.ticks * 1000) / TICKS_PER_SECOND);
      context.fillText(label, x + 5, RULER_HEIGHT / 2 - 1);
    }
  }
}

function fraction(ticks: number): string {
  return `.${String(Math.round((ticks % TICKS_PER_SECOND) / (TICKS_PER_SECOND / 100))).padStart(2, '0')}`;
}

function ticksSinceMidnight(milliseconds: number): number {
  const midnight = new Date(milliseconds).setHours(0, 0, 0, 0);
  return ((milliseconds - midnight) * TICKS_PER_SECOND) / 1000;
}

function paintRuns(context: CanvasRenderingContext2D, view: View, scene: Scene, top: number, height: number): void {
  for (const extent of scene.extents) {
    const box = boxOf(view, extent);
    if (box) {
      context.fillStyle = COLOURS.track;
      context.fillRect(box.x, top + 6, box.width, height - 12);
      context.fillStyle = COLOURS.trackTop;
      context.fillRect(box.x, top + 6, box.width, 2);
    }
  }

  for (const gap of gaps(scene.extents, scene.isDisconnected ? scene.extent.end : (scene.extents.at(-1)?.end ?? 0))) {
    const box = boxOf(view, gap);
    if (box) {
      paintHatched(context, box.x, top + 6, box.width, height - 12);
    }
  }
}

function paintHatched(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = COLOURS.gap;
  context.fillRect(x, y, width, height);
  context.strokeStyle = COLOURS.hatch;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 8) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }

  context.stroke();
  context.restore();
}

function paintRange(context: CanvasRenderingContext2D, view: View, scene: Scene, track: { top: number; height: number }): void {
  if (scene.in === null && scene.out === null) {
    return;
  }

  const from = scene.in ?? scene.out!;
  const to = scene.out ?? Math.max(scene.shown ?? from, from);
  const [left, right] = [toPixel(view, from), toPixel(view, to)];
  if (scene.in !== null && scene.out !== null) {
    context.fillStyle = COLOURS.dim;
    context.fillRect(0, track.top, Math.max(0, left), track.height);
    context.fillRect(right, track.top, view.width - right, track.height);
  }

  context.fillStyle = COLOURS.range;
  context.fillRect(left, track.top, Math.max(1, right - left), track.height);
  context.fillStyle = COLOURS.rangeEdge;
  context.fillRect(left, track.top, Math.max(1, right - left), 2);
  context.fillRect(left, track.top + track.height - 2, Math.max(1, right - left), 2);
}

function paintClips(context: CanvasRenderingContext2D, view: View, scene: Scene, top: number, height: number): void {
  context.fillStyle = COLOURS.line;
  context.fillRect(0, top, view.width, 1);
  const row = rows(scene.clips);
  const count = Math.min(MAX_CLIP_ROWS, Math.max(2, ...row.map(index => index + 1)));
  const rowHeight = (height - 6) / count;
  scene.clips.forEach((clip, index) => {
    const box = boxOf(view, clip);
    if (box && row[index]! < MAX_CLIP_ROWS) {
      context.fillStyle = clip.status === 'ready' ? COLOURS.ready : clip.status === 'failed' ? COLOURS.failed : COLOURS.cutting;
      context.beginPath();
      context.roundRect(box.x, top + 4 + row[index]! * rowHeight, box.width, rowHeight - 2, 2);
      context.fill();
    }
  });
}

function paintNow(context: CanvasRenderingContext2D, view: View, scene: Scene, bottom: number): void {
  const line = (ticks: number, colour: string, width: number): void => {
    const x = toPixel(view, ticks);
    if (x >= -width && x <= view.width + width) {
      context.fillStyle = colour;
      context.fillRect(Math.round(x - width / 2), 0, width, bottom);
    }
  };

  if (scene.hover !== null) {
    line(scene.hover, COLOURS.hover, 1);
  }

  if (scene.isOnAir) {
    line(scene.extent.end, COLOURS.live, 2);
  }

  if (scene.shown !== null) {
    line(scene.shown, COLOURS.playhead, 2);
    const x = toPixel(view, scene.shown);
    context.beginPath();
    context.moveTo(x - 6, 0);
    context.lineTo(x + 6, 0);
    context.lineTo(x, 9);
    context.fill();
  }
}

function paintOverview(context: CanvasRenderingContext2D, view: View, scene: Scene, top: number, width: number): void {
  const whole = fit(scene.extent, width);
  context.fillStyle = COLOURS.lane;
  context.fillRect(0, top, width, OVERVIEW_HEIGHT);
  context.fillStyle = COLOURS.line;
  context.fillRect(0, top, width, 1);
  for (const extent of scene.extents) {
    const box = boxOf(whole, extent);
    if (box) {
      context.fillStyle = COLOURS.trackTop;
      context.fillRect(box.x, top + 7, box.width, 5);
    }
  }

  const mark = (ticks: number | null, colour: string): void => {
    if (ticks !== null) {
      context.fillStyle = colour;
      context.fillRect(Math.round(toPixel(whole, ticks)) - 1, top + 3, 2, OVERVIEW_HEIGHT - 5);
    }
  };
  scene.clips.forEach(clip => mark(clip.start, COLOURS.ready));
  mark(scene.in, COLOURS.rangeEdge);
  mark(scene.out, COLOURS.rangeEdge);
  mark(scene.shown, COLOURS.playhead);

  const [left, right] = [toPixel(whole, view.start), Math.min(width, toPixel(whole, endOf(view)))];
  context.fillStyle = COLOURS.window;
  context.strokeStyle = COLOURS.windowEdge;
  context.fillRect(left, top + 2, right - left, OVERVIEW_HEIGHT - 3);
  context.strokeRect(left + 0.5, top + 2.5, Math.max(3, right - left - 1), OVERVIEW_HEIGHT - 4);
}

function boxOf(view: View, span: Span): { x: number; width: number } | null {
  const [left, right] = [Math.max(-2, toPixel(view, span.start)), Math.min(view.width + 2, toPixel(view, span.end))];
  return right < -1 || left > view.width + 1 ? null : { x: left, width: Math.max(2, right - left) };
}
