import { TICKS_PER_SECOND } from './ShownPicture';
import {
  fit, follow, keepInside, pan, resize, snap, toPixel, toTicks, zoom, type View,
} from './TimelineGeometry';
import { OVERVIEW_HEIGHT, paint, type Scene } from './TimelinePainter';
import { elapsed, timeOfDay } from './Timecode';

export type Edge = 'in' | 'out';

/** What the producer does on the timeline. */
export interface TimelineActions {
  /** Show the picture there. While dragging, many calls come. */
  scrub(timeline: number): void;
  /** The handle was let go: the mark is to name the picture there. */
  moveMark(edge: Edge, timeline: number): void;
  /** A handle has the focus and an arrow key was pressed: -1 or 1 pictures or, with Shift, seconds. */
  nudgeMark(edge: Edge, amount: number, unit: 'pictures' | 'seconds'): void;
}

const ZOOM_STEP = 1.5;
/** A longer recording opens on its last minutes. */
const FIRST_VIEW_SECONDS = 600;
const ARROWS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** The recording's timeline: ruler, runs and gaps, the range between the marks, clips, an overview of the whole. */
export class RangeTimeline {
  readonly #canvas: HTMLCanvasElement;
  readonly #surface: HTMLElement;
  readonly #handles: Record<Edge, HTMLElement>;
  readonly #hoverTime: HTMLElement;
  readonly #followButton: HTMLElement;
  readonly #clockButton: HTMLElement;
  readonly #observer: ResizeObserver;
  #view: View = { start: 0, ticksPerPixel: 1, width: 1 };
  #scene: Scene | null = null;
  #isFitted = true;
  #followsEdge = true;
  #showsTimeOfDay = false;
  #wallClockOrigin: number | null = null;
  #hover: number | null = null;
  #dragged: { edge: Edge; at: number } | null = null;
  #frame = 0;

  constructor(root: HTMLElement, private readonly actions: TimelineActions) {
    const part = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
    this.#canvas = part('canvas') as HTMLCanvasElement;
    this.#surface = part('surface');
    this.#handles = { in: part('handle-in'), out: part('handle-out') };
    this.#hoverTime = part('hover-time');
    this.#followButton = part('follow');
    this.#clockButton = part('ruler-clock');
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(this.#surface);
    this.#surface.addEventListener('wheel', this.#onWheel, { passive: false });
    this.#surface.addEventListener('pointerdown', this.#onPointerDown);
    this.#surface.addEventListener('pointermove', this.#onHover);
    this.#surface.addEventListener('pointerleave', this.#onLeave);
    for (const edge of ['in', 'out'] as const) {
      this.#handles[edge].addEventListener('pointerdown', event => this.#onHandleDown(edge, event));
      this.#handles[edge].addEventListener('keydown', event => this.#onHandleKey(edge, event));
    }
  }

  /** Takes what is to be seen; drawn with the next frame of the page. */
  show(scene: Omit<Scene, 'hover' | 'wallClockOrigin'>, wallClockOrigin: number | null): void {
    const isFirst = this.#scene === null || this.#scene.extent.end <= 0;
    this.#wallClockOrigin = wallClockOrigin;
    this.#scene = { ...scene, hover: this.#hover, wallClockOrigin: this.#showsTimeOfDay ? wallClockOrigin : null };
    if (isFirst && scene.extent.end > FIRST_VIEW_SECONDS * TICKS_PER_SECOND) {
      this.#isFitted = false;
      this.#view = fit({ start: 0, end: FIRST_VIEW_SECONDS * TICKS_PER_SECOND }, this.#view.width);
    }

    this.#adjust();
    this.#invalidate();
  }

  fit(): void {
    this.#isFitted = this.#followsEdge = true;
    this.#adjust();
    this.#invalidate();
  }

  zoomIn(): void {
    this.#zoom(1 / ZOOM_STEP, this.#focusPixel());
  }

  zoomOut(): void {
    this.#zoom(ZOOM_STEP, this.#focusPixel());
  }

  toggleFollow(): void {
    this.#followsEdge = !this.#followsEdge;
    this.#isFitted &&= this.#followsEdge;
    this.#adjust();
    this.#invalidate();
  }

  toggleClock(): void {
    this.#showsTimeOfDay = !this.#showsTimeOfDay;
    this.#clockButton.textContent = this.#showsTimeOfDay ? 'Time of day' : 'Elapsed';
    if (this.#scene) {
      this.#scene = { ...this.#scene, wallClockOrigin: this.#showsTimeOfDay ? this.#wallClockOrigin : null };
    }

    this.#invalidate();
  }

  dispose(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  #resized(): void {
    this.#view = resize(this.#view, Math.max(1, this.#surface.clientWidth));
    this.#adjust();
    this.#invalidate();
  }

  #adjust(): void {
    const scene = this.#scene;
    if (!scene) {
      return;
    }

    if (this.#isFitted) {
      this.#view = fit(scene.extent, this.#view.width);
    } else if (this.#followsEdge && scene.isOnAir && !this.#dragged) {
      this.#view = keepInside(follow(this.#view, scene.extent.end), scene.extent);
    }

    this.#followButton.setAttribute('aria-pressed', String(this.#followsEdge));
    this.#followButton.hidden = !scene.isOnAir;
  }

  #invalidate(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#scene) {
        const dragged = this.#dragged ? { [this.#dragged.edge]: this.#dragged.at } : {};
        const scene = { ...this.#scene, ...dragged, hover: this.#hover };
        paint(this.#canvas, this.#view, scene);
        this.#placeHandle('in', scene.in);
        this.#placeHandle('out', scene.out);
      }
    });
  }

  #placeHandle(edge: Edge, at: number | null): void {
    const handle = this.#handles[edge];
    handle.hidden = at === null;
    if (at !== null) {
      handle.style.left = `${toPixel(this.#view, at)}px`;
      handle.setAttribute('aria-valuemax', String(Math.round((this.#scene?.extent.end ?? 0) / TICKS_PER_SECOND)));
      handle.setAttribute('aria-valuenow', (at / TICKS_PER_SECOND).toFixed(3));
      handle.setAttribute('aria-valuetext', `${edge} ${elapsed(at)}`);
    }
  }

  #zoom(factor: number, pixel: number): void {
    if (this.#scene) {
      this.#isFitted = false;
      this.#view = zoom(this.#view, factor, pixel, this.#scene.extent);
      this.#adjust();
      this.#invalidate();
    }
  }

  // Zooming by key keeps the picture shown in its place.
  #focusPixel(): number {
    const shown = this.#scene?.shown;
    const pixel = shown === null || shown === undefined ? -1 : toPixel(this.#view, shown);
    return pixel >= 0 && pixel <= this.#view.width ? pixel : this.#view.width / 2;
  }

  readonly #onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    if (event.ctrlKey) {
      this.#followsEdge = false;
      this.#zoom(Math.exp(event.deltaY * unit * 0.003), this.#pixelOf(event));
    } else if (this.#scene && !this.#isFitted) {
      this.#followsEdge = false;
      this.#view = pan(this.#view, (event.deltaX || event.deltaY) * unit, this.#scene.extent);
      this.#adjust();
      this.#invalidate();
    }
  };

  readonly #onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || !this.#scene) {
      return;
    }

    const overview = this.#surface.clientHeight - OVERVIEW_HEIGHT;
    const inOverview = event.clientY - this.#surface.getBoundingClientRect().top > overview;
    const moved = (move: PointerEvent): void => (inOverview ? this.#moveWindow(move) : this.#scrub(move));
    moved(event);
    this.#capture(event, moved, () => undefined);
  };

  #scrub(event: PointerEvent): void {
    const scene = this.#scene!;
    const places = [scene.in, scene.out].filter(place => place !== null);
    const at = event.shiftKey ? this.#ticksOf(event) : snap(this.#view, this.#ticksOf(event), places);
    this.actions.scrub(Math.max(scene.extent.start, Math.min(at, scene.extent.end)));
  }

  #moveWindow(event: PointerEvent): void {
    const { extent } = this.#scene!;
    const centre = toTicks(fit(extent, this.#view.width), this.#pixelOf(event));
    this.#isFitted = this.#followsEdge = false;
    this.#view = keepInside({ ...this.#view, start: centre - (this.#view.width * this.#view.ticksPerPixel) / 2 }, extent);
    this.#adjust();
    this.#invalidate();
  }

  #onHandleDown(edge: Edge, event: PointerEvent): void {
    const scene = this.#scene;
    const start = scene?.[edge];
    if (event.button !== 0 || !scene || start === null || start === undefined) {
      return;
    }

    event.stopPropagation();
    const grip = this.#ticksOf(event) - start;
    const other = edge === 'in' ? scene.out : scene.in;
    const moved = (move: PointerEvent): void => {
      const limits = { from: edge === 'out' ? (other ?? 0) : 0, to: edge === 'in' ? (other ?? scene.extent.end) : Infinity };
      const place = this.#ticksOf(move) - grip;
      const snapped = move.shiftKey || this.#scene!.shown === null ? place : snap(this.#view, place, this.#clipEdges());
      const at = Math.min(Math.max(snapped, limits.from), limits.to, this.#scene!.extent.end);
      this.#dragged = { edge, at };
      this.actions.scrub(at);
      this.#invalidate();
    };
    this.#capture(event, moved, () => {
      const dragged = this.#dragged;
      this.#dragged = null;
      if (dragged && dragged.at !== start) {
        this.actions.moveMark(edge, dragged.at);
      }

      this.#invalidate();
    });
  }

  #clipEdges(): number[] {
    return this.#scene!.clips.flatMap(clip => [clip.start, clip.end]);
  }

  #onHandleKey(edge: Edge, event: KeyboardEvent): void {
    const direction = ARROWS[event.key];
    if (direction && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.actions.nudgeMark(edge, direction, event.shiftKey ? 'seconds' : 'pictures');
    }
  }

  #capture(event: PointerEvent, moved: (event: PointerEvent) => void, ended: () => void): void {
    const target = event.currentTarget as HTMLElement;
    const controller = new AbortController();
    const { signal } = controller;
    const end = (): void => {
      controller.abort();
      ended();
    };
    target.setPointerCapture(event.pointerId);
    target.addEventListener('pointermove', moved, { signal });
    target.addEventListener('pointerup', end, { signal });
    target.addEventListener('pointercancel', end, { signal });
  }

  readonly #onHover = (event: PointerEvent): void => {
    if (!this.#scene) {
      return;
    }

    this.#hover = this.#ticksOf(event);
    const at = this.#hover;
    const isInside = at >= 0 && at <= this.#scene.extent.end;
    this.#hoverTime.textContent = !isInside ? '' : elapsed(at)
      + (this.#wallClockOrigin === null ? '' : `  ·  ${timeOfDay(this.#wallClockOrigin + (at * 1000) / TICKS_PER_SECOND)}`);
    this.#invalidate();
  };

  readonly #onLeave = (): void => {
    this.#hover = null;
    this.#hoverTime.textContent = '';
    this.#invalidate();
  };

  #pixelOf(event: MouseEvent): number {
    return event.clientX - this.#surface.getBoundingClientRect().left;
  }

  #ticksOf(event: MouseEvent): number {
    return toTicks(this.#view, this.#pixelOf(event));
  }
}
