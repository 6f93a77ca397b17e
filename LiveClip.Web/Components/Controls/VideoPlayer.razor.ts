import Hls, { type ErrorData, type LevelDetails } from 'hls.js';
import { LivePace } from './LivePace';
import {
  PictureClock, TICKS_PER_SECOND, fragmentsOf, frameDuration, pictureOn, runExtents, stepTarget, timelineOf,
  type PlaylistFragment, type PresentedFrame, type Run, type RunExtent, type ShownPicture,
} from './ShownPicture';

/** The picture on the screen. */
export interface Shown {
  readonly picture: ShownPicture;
  /** Its place on the recording's timeline. */
  readonly timeline: number;
  readonly mediaTime: number;
}

type Move = { readonly to: () => number | null } | { readonly steps: number };

const FRAMES_KEPT = 60;
const RETRY_MS = 1000;
const FRAME_AFTER_SEEK_MS = 200;
const SEEK_BOUND_MS = 10_000;

/** So far behind the place where it would play by itself it still counts as live; without parts the playlist alone moves by more. */
const LIVE_SECONDS = 2;
const LIVE_TARGET_DURATIONS = 3;

/** So near to that place it follows the live edge from now on. */
const FOLLOW_SECONDS = 0.5;

/** The browser tells of the time so often; at eight times the speed that is two seconds. */
const TIME_UPDATE_SECONDS = 0.25;

/** A playlist that has not moved for longer says nothing of where the live edge is. */
const EDGE_AGE_SECONDS = 1;

/** Plays a recording, from its first picture to the live edge, and always knows which picture is shown. */
export class VideoPlayer {
  readonly #clock = new PictureClock();
  readonly #frames: PresentedFrame[] = [];
  #hls: Hls | null = null;
  #details: LevelDetails | null = null;
  #fragments: readonly PlaylistFragment[] = [];
  #pace = new LivePace();
  /** Stays at the live edge: nobody has asked for another place since it was there. */
  #follows = false;
  #runs: readonly Run[] = [];
  #url = '';
  #shown: Shown | null = null;
  #next: Move | null = null;
  #moving = false;
  #frameSeconds = 1 / 30;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(readonly video: HTMLVideoElement, private readonly changed: () => void) {
    // The attribute alone mutes only elements made by the HTML parser, and unmuted video does not play by itself.
    video.muted = true;
    for (const name of ['play', 'pause', 'waiting', 'playing', 'ended', 'volumechange', 'ratechange']) {
      video.addEventListener(name, this.changed);
    }

    video.addEventListener('timeupdate', this.#keepPace);
    video.addEventListener('waiting', this.#stalled);
    // Pictures before and after a jump, or at another speed, are no neighbours.
    video.addEventListener('seeking', this.#breakFrames);
    video.addEventListener('ratechange', this.#breakFrames);
    video.requestVideoFrameCallback(this.#onFrame);
  }

  get shown(): Shown | null {
    return this.#shown;
  }

  get extents(): RunExtent[] {
    return runExtents(this.#fragments, this.#runs);
  }

  get frameSeconds(): number {
    return this.#frameSeconds;
  }

  get isPaused(): boolean {
    return this.video.paused;
  }

  /** The speed that somebody asked for. */
  get rate(): number {
    return this.#follows ? 1 : this.video.playbackRate;
  }

  /** Plays, and hardly further behind than it has to be. */
  get isLive(): boolean {
    const details = this.#details;
    if (!details?.live || this.video.paused) {
      return false;
    }

    const slack = details.partTarget > 0 ? LIVE_SECONDS : LIVE_TARGET_DURATIONS * details.targetduration;
    return details.edge - this.video.currentTime < (this.#hls?.targetLatency ?? 0) + slack;
  }

  setRuns(runs: readonly Run[]): void {
    this.#runs = runs;
  }

  /** @param inParts Whether the playlist lists the newest pictures by parts; then it says itself how far from its end to stay. */
  open(url: string, inParts: boolean): void {
    this.close();
    this.#url = url;
    this.#follows = true;
    this.#pace = new LivePace();
    const hls = new Hls({
      lowLatencyMode: inParts,
      ...(inParts ? {} : { liveSyncDurationCount: 2 }),
      backBufferLength: 120,
      maxBufferLength: 30,
      liveDurationInfinity: true,
      // Whoever has gone back a second is to stay there, and keeps the speed that he has chosen: hls.js would undo both. See #keepPace.
      maxLiveSyncPlaybackRate: 1,
      liveSyncOnStallIncrease: 0,
    });
    this.#hls = hls;
    hls.on(Hls.Events.INIT_PTS_FOUND, (_, data) => {
      if (data.id === 'main') {
        this.#clock.learn(data.frag.cc, data.initPTS, data.timescale);
        this.#readShown();
      }
    });
    hls.on(Hls.Events.LEVEL_UPDATED, (_, data) => this.#updated(data.details));
    hls.on(Hls.Events.LEVEL_LOADED, (_, data) => this.#updated(data.details));
    hls.on(Hls.Events.LEVEL_PTS_UPDATED, (_, data) => this.#updated(data.details));
    hls.on(Hls.Events.ERROR, (_, data) => this.#onError(hls, data));
    hls.attachMedia(this.video);
    hls.loadSource(url);
    this.#play();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#hls?.destroy();
    this.#hls = null;
    this.#details = null;
    this.#fragments = [];
    this.#follows = false;
    this.#clock.reset();
    this.#frames.length = 0;
    this.#setShown(null);
  }

  dispose(): void {
    this.#disposed = true;
    this.close();
    this.video.removeEventListener('timeupdate', this.#keepPace);
    this.video.removeEventListener('waiting', this.#stalled);
    this.video.removeEventListener('seeking', this.#breakFrames);
    this.video.removeEventListener('ratechange', this.#breakFrames);
  }

  playPause(): void {
    if (this.video.paused) {
      this.#play();
    } else {
      this.#leaveTheEdge();
      this.video.pause();
    }
  }

  pause(): void {
    this.#leaveTheEdge();
    this.video.pause();
    this.video.playbackRate = 1;
  }

  /** Plays; while it plays, twice as fast, up to eight times. */
  faster(): void {
    if (!this.video.paused && !this.isLive) {
      this.#leaveTheEdge();
      this.video.playbackRate = Math.min(8, this.video.playbackRate * 2);
    }

    this.#play();
  }

  toggleMute(): void {
    this.video.muted = !this.video.muted;
  }

  /** So many pictures forward or back; presses that come while one is being carried out add up. */
  step(pictures: number): void {
    this.pause();
    void this.#move({ steps: this.#next && 'steps' in this.#next ? this.#next.steps + pictures : pictures });
  }

  skip(seconds: number): void {
    const from = this.#shown;
    if (from) {
      void this.seek(from.timeline + seconds * TICKS_PER_SECOND);
    } else {
      this.#leaveTheEdge();
      this.video.currentTime += seconds;
    }
  }

  /** Shows the picture at a place of the timeline; done when it, or the one a later call asked for, is on the screen. */
  seek(timeline: number): Promise<void> {
    this.#leaveTheEdge();
    return this.#move({ to: () => this.#mediaTimeAt(timeline) });
  }

  goLive(): void {
    this.video.playbackRate = 1;
    const position = this.#details?.live ? this.#hls?.liveSyncPosition : null;
    if (position !== null && position !== undefined) {
      this.#follows = true;
      void this.#move({ to: () => position });
      this.#play();
    } else {
      const end = this.extents.at(-1)?.end;
      if (end !== undefined) {
        void this.seek(end - Math.round(this.frameSeconds * TICKS_PER_SECOND));
      }
    }
  }

  /** The picture shown, as a small JPEG data URL; empty when there is none. */
  grab(width = 256): string {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth || !this.#shown) {
      return '';
    }

    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = Math.round((width * videoHeight) / videoWidth);
    canvas.getContext('2d')!.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.8);
  }

  #updated(details: LevelDetails): void {
    this.#details = details;
    this.#fragments = fragmentsOf(details);
    this.#readShown();
    this.#keepPace();
    this.changed();
  }

  readonly #onFrame = (_: number, frame: VideoFrameCallbackMetadata): void => {
    if (this.#disposed) {
      return;
    }

    // A jump may be presented before the seek is said to be over, and the picture before it after it has begun.
    if (this.video.seeking || this.#moving) {
      this.#frames.length = 0;
    }

    this.#frames.push({ mediaTime: frame.mediaTime, presentedFrames: frame.presentedFrames });
    if (this.#frames.length > FRAMES_KEPT) {
      this.#frames.shift();
    }

    if (this.video.playbackRate === 1) {
      this.#frameSeconds = frameDuration(this.#frames) ?? this.#frameSeconds;
    }

    this.#readShown();
    this.video.requestVideoFrameCallback(this.#onFrame);
  };

  readonly #breakFrames = (): void => {
    this.#frames.splice(0, this.#frames.length - 1);
  };

  #readShown(): void {
    const mediaTime = this.#frames.at(-1)?.mediaTime;
    const picture = mediaTime === undefined ? null : this.#clock.pictureAt(mediaTime, this.#fragments);
    const timeline = picture && timelineOf(picture, this.#runs);
    this.#setShown(picture && timeline !== null ? { picture, timeline, mediaTime: mediaTime! } : null);
  }

  #setShown(shown: Shown | null): void {
    this.#shown = shown;
    // Read by browser tests.
    this.video.dataset.run = String(shown?.picture.run ?? '');
    this.video.dataset.time90k = String(shown?.picture.time90k ?? '');
    this.changed();
  }

  #mediaTimeAt(timeline: number): number | null {
    const picture = pictureOn(timeline, this.extents);
    const time = picture && this.#clock.mediaTimeOf(picture, this.#fragments);
    // The middle of the picture: on the boundary the browser may show the one before.
    return time === null ? null : time + this.frameSeconds / 2;
  }

  async #move(move: Move): Promise<void> {
    this.#next = move;
    if (this.#moving) {
      await this.#settled();
      return;
    }

    this.#moving = true;
    try {
      while (this.#next) {
        const current: Move = this.#next;
        this.#next = null;
        await this.#carryOut(current);
      }
    } finally {
      this.#moving = false;
      this.video.dispatchEvent(new Event('settled'));
    }
  }

  #settled(): Promise<void> {
    return new Promise(resolve => this.video.addEventListener('settled', () => resolve(), { once: true }));
  }

  async #carryOut(move: Move): Promise<void> {
    const frame = this.#frames.at(-1);
    if ('steps' in move) {
      if (frame) {
        await this.#seekMedia(stepTarget(frame.mediaTime, move.steps, this.frameSeconds));
      }

      return;
    }

    const target = move.to();
    if (target === null) {
      return;
    }

    await this.#seekMedia(target);
    // A run that had not been played yet: now its exact offset is known.
    const exact = move.to();
    if (exact !== null && !this.#next && Math.abs(exact - target) > this.frameSeconds / 4) {
      await this.#seekMedia(exact);
    }
  }

  // Done when the picture has been presented. A seek within the picture on the screen presents none, and a dead network none at all.
  #seekMedia(time: number): Promise<void> {
    const { video, frameSeconds } = this;
    return new Promise(resolve => {
      let timer = setTimeout(done, SEEK_BOUND_MS);
      let isPresented = false;
      function done(): void {
        clearTimeout(timer);
        video.cancelVideoFrameCallback(request);
        video.removeEventListener('seeked', sought);
        resolve();
      }

      function sought(): void {
        clearTimeout(timer);
        timer = setTimeout(done, isPresented ? 0 : FRAME_AFTER_SEEK_MS);
      }

      // Callbacks run in the order of their requests, so the picture has been read when this one is called. Playing on, a picture
      // from before the seek may still come first; and the new one may come before the seek is said to be over.
      function onFrame(_: number, frame: VideoFrameCallbackMetadata): void {
        isPresented = frame.mediaTime <= time && time - frame.mediaTime < 1.2 * frameSeconds;
        if (isPresented && !video.seeking) {
          done();
        } else {
          request = video.requestVideoFrameCallback(onFrame);
        }
      }

      video.addEventListener('seeked', sought, { once: true });
      video.currentTime = time;
      let request = video.requestVideoFrameCallback(onFrame);
    });
  }

  /** The speed by which it caught up is nobody's choice. */
  #leaveTheEdge(): void {
    if (this.#follows) {
      this.#follows = false;
      this.video.playbackRate = 1;
    }
  }

  readonly #stalled = (): void => {
    if (this.#follows && !this.video.seeking && this.#shown) {
      this.#pace.stalled(performance.now());
    }
  };

  /** A stall leaves nobody behind for ever who is not there by choice, and whoever has come back to the edge stays there. */
  readonly #keepPace = (): void => {
    const { video } = this;
    const position = this.#details?.live ? this.#hls?.liveSyncPosition : null;
    if (position === null || position === undefined || !this.#shown || video.paused || video.seeking || this.#moving) {
      return;
    }

    const behind = position - video.currentTime;
    if (!this.#follows) {
      const near = FOLLOW_SECONDS + (video.playbackRate > 1 ? video.playbackRate * TIME_UPDATE_SECONDS : 0);
      if (behind >= near) {
        return;
      }

      this.#follows = true;
    }

    const hasPicture = this.#fragments.some(({ start, duration, gap }) => !gap && start <= position && position < start + duration);
    const pace = hasPicture && this.#details!.age < EDGE_AGE_SECONDS ? this.#pace.next(behind, performance.now()) : 1;
    if (pace === 'jump') {
      this.goLive();
    } else if (video.playbackRate !== pace) {
      video.playbackRate = pace;
    }
  };

  #play(): void {
    // Refused before the first gesture where even muted video may not play by itself: the play button stays.
    this.video.play().catch(() => this.changed());
  }

  #onError(hls: Hls, data: ErrorData): void {
    if (!data.fatal) {
      return;
    }

    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
        hls.recoverMediaError();
      } else if (this.#details) {
        hls.startLoad();
      } else {
        hls.loadSource(this.#url);
      }
    }, RETRY_MS);
  }
}
