import Hls from 'hls.js/light';
import { PictureClock, frameDuration, pictureOn, timelineOf, type PlaylistFragment, type PresentedFrame } from '../../Controls/ShownPicture';
import { ClipSpan, readExtents } from './ClipSpan';

const FRAMES_KEPT = 60;
const ASK_MS = 1000;

/** So far behind a picture's beginning: on the boundary the browser may show the one before. */
const INSIDE_SECONDS = 0.004;

/**
 * Plays a clip's playlist, whose segments hold more than the clip, from the in point to the out point, until the clip's own file is
 * ready and takes its place.
 */
class SharePlayer {
  readonly #clock = new PictureClock();
  readonly #frames: PresentedFrame[] = [];
  #fragments: readonly PlaylistFragment[] = [];
  #hls: Hls | null = null;
  /** The picture on the screen, on the recording's timeline. */
  #shown: number | null = null;
  #isPlaced = false;
  #isOver = false;

  constructor(private readonly video: HTMLVideoElement, private readonly span: ClipSpan, private readonly file: string) {}

  open(playlist: string): void {
    // The attribute alone mutes only elements made by the HTML parser, and unmuted video does not play by itself.
    this.video.muted ||= this.video.hasAttribute('muted');
    if (Hls.isSupported()) {
      this.#playExactly(playlist);
    } else {
      this.video.src = playlist;
      this.#begin();
    }

    setTimeout(this.#askForFile, ASK_MS);
  }

  #playExactly(playlist: string): void {
    const { video } = this;
    const hls = new Hls({ liveDurationInfinity: true });
    this.#hls = hls;
    // What lies before the in point is not to be seen, not even for a moment.
    video.style.opacity = '0';
    hls.on(Hls.Events.LEVEL_LOADED, (_, data) => { this.#fragments = data.details.fragments; });
    hls.on(Hls.Events.LEVEL_UPDATED, (_, data) => { this.#fragments = data.details.fragments; });
    hls.on(Hls.Events.INIT_PTS_FOUND, (_, data) => {
      if (data.id === 'main') {
        this.#clock.learn(data.frag.cc, data.initPTS, data.timescale);
        this.#placeAtStart();
      }
    });
    hls.attachMedia(video);
    hls.loadSource(playlist);
    video.addEventListener('seeking', this.#stayInside);
    video.addEventListener('seeked', this.#keepInside);
    video.addEventListener('play', this.#again);
    video.requestVideoFrameCallback(this.#onFrame);
  }

  /** EXT-X-START leads there by the playlist's rounded times; a picture has its own. */
  #placeAtStart(): void {
    if (!this.#isPlaced && this.#seek(this.span.start)) {
      this.#isPlaced = true;
      this.#begin();
    }
  }

  readonly #onFrame = (_: number, frame: VideoFrameCallbackMetadata): void => {
    if (!this.#hls) {
      return;
    }

    this.#frames.push({ mediaTime: frame.mediaTime, presentedFrames: frame.presentedFrames });
    this.#frames.splice(0, this.#frames.length - FRAMES_KEPT);
    const picture = this.#clock.pictureAt(frame.mediaTime, this.#fragments);
    this.#shown = picture && timelineOf(picture, this.span.runs);
    // Read by browser tests.
    this.video.dataset.shown = String(this.#shown ?? '');
    this.#keepInside();
    this.video.requestVideoFrameCallback(this.#onFrame);
  };

  readonly #keepInside = (): void => {
    const side = this.#shown === null || !this.#isPlaced
      ? 'before'
      : this.span.sideOf(this.#shown, frameDuration(this.#frames) ?? 1 / 30);
    if (side !== 'before') {
      this.video.style.opacity = '';
    }

    // While it seeks, the picture from before may come once more.
    if (this.video.seeking) {
      return;
    }

    if (side === 'last' || side === 'behind') {
      this.#isOver = true;
      this.video.pause();
    }

    // A busy machine skips pictures, and the last one may have been among them.
    if (side === 'behind') {
      this.#seek(this.span.justBeforeEnd);
    }
  };

  readonly #stayInside = (): void => {
    this.#frames.length = 0;
    const { start, end } = this.span;
    const [from, to] = [this.#mediaTimeOf(start), this.#mediaTimeOf(end)];
    const now = this.video.currentTime;
    if (from !== null && now < from) {
      this.#seek(start);
    } else if (to !== null && now > to) {
      this.#seek(this.span.justBeforeEnd);
    } else {
      this.#isOver = false;
    }
  };

  readonly #again = (): void => {
    if (this.#isOver) {
      this.#isOver = false;
      this.#seek(this.span.start);
    }
  };

  /** False while the player does not know where that is. */
  #seek(place: number): boolean {
    const time = this.#mediaTimeOf(place);
    if (time !== null) {
      this.video.currentTime = time + INSIDE_SECONDS;
    }

    return time !== null;
  }

  #mediaTimeOf(place: number): number | null {
    const picture = pictureOn(place, this.span.extents);
    return picture && this.#clock.mediaTimeOf(picture, this.#fragments);
  }

  readonly #askForFile = async (): Promise<void> => {
    const isThere = await fetch(this.file, { method: 'HEAD', cache: 'no-store' }).then(answer => answer.ok, () => false);
    if (isThere) {
      this.#playFile();
    } else {
      setTimeout(this.#askForFile, ASK_MS);
    }
  };

  #playFile(): void {
    const { video } = this;
    const at = this.#shown === null ? 0 : this.span.secondsTo(Math.max(this.#shown, this.span.start));
    const goesOn = !video.paused;
    this.#hls?.destroy();
    this.#hls = null;
    video.removeEventListener('seeking', this.#stayInside);
    video.removeEventListener('seeked', this.#keepInside);
    video.removeEventListener('play', this.#again);
    video.style.opacity = '';
    video.src = this.file;
    video.currentTime = at + INSIDE_SECONDS;
    if (goesOn) {
      this.#play();
    }

    for (const link of document.querySelectorAll<HTMLElement>('[data-when-ready]')) {
      link.hidden = false;
    }
  }

  #begin(): void {
    if (this.video.dataset.autoplay !== undefined) {
      this.#play();
    }
  }

  #play(): void {
    // Refused before the first gesture where even muted video may not play by itself: the button in the picture stays.
    this.video.play().catch(() => { this.video.style.opacity = ''; });
  }
}

const video = document.querySelector<HTMLVideoElement>('video[data-playlist]');
if (video) {
  const { playlist, file, start, end, runs } = video.dataset;
  new SharePlayer(video, new ClipSpan(Number(start), Number(end), readExtents(runs!)), file!).open(playlist!);
}
