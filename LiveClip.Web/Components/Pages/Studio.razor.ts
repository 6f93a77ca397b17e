import { LiveConnection, type ClipState, type CreateClipAnswer, type RecordingState, type Snapshot, type StreamState } from '../../Hubs/LiveConnection';
import { RangeTimeline, type Edge } from '../Controls/RangeTimeline.razor.ts';
import { SharedConnections } from '../Controls/SharedConnections';
import { TICKS_PER_SECOND, pictureOn, playingTime, playingTimeBefore, wallClockOf, type ShownPicture } from '../Controls/ShownPicture';
import { elapsed, elapsedShort, length, timeOfDay } from '../Controls/Timecode';
import { VideoPlayer } from '../Controls/VideoPlayer.razor.ts';
import { ClipRequests, NotConnected } from './ClipRequests';
import { Marks, PressGuard, type Mark } from './Marks';
import { PendingCards, storedRequests } from './PendingCards';
import { commandFor, focusOf, type Command } from './StudioKeys';

interface StudioOptions {
  readonly streamId: string;
  readonly canClip: boolean;
  /** LiveClip:PublicUrl, else empty: links begin with the page's own origin. */
  readonly publicUrl: string;
}

type Button = Command | 'follow' | 'clock' | 'switch';

const CLIP_COMMANDS = new Set<Button>(['markIn', 'markOut', 'clearMarks', 'makeClip', 'quick1', 'quick2', 'quick3']);
const TICK_MS = 200;

/** Brings a studio page to life. The circuit calls this once and is not needed afterwards. */
export function mount(root: HTMLElement, options: StudioOptions): Studio {
  return new Studio(root, options);
}

class Studio {
  readonly #player: VideoPlayer;
  readonly #timeline: RangeTimeline;
  readonly #hub: LiveConnection;
  readonly #marks: Marks;
  readonly #guard = new PressGuard();
  readonly #requests: ClipRequests;
  readonly #cards: PendingCards;
  readonly #clips = new Map<string, ClipState>();
  readonly #connections = new SharedConnections(protocolOfPage());
  readonly #mayWait = this.#connections.ask();
  readonly #listeners = new AbortController();
  readonly #tick: ReturnType<typeof setInterval>;
  #stream: StreamState | null = null;
  #recordingId: string | null = null;
  #isConnected = true;
  #frame = 0;

  constructor(private readonly root: HTMLElement, private readonly options: StudioOptions) {
    this.#player = new VideoPlayer(this.#part('video') as HTMLVideoElement, () => this.#invalidate());
    this.#marks = new Marks(sessionStorage, () => this.#invalidate());
    this.#timeline = new RangeTimeline(this.#part('timeline'), {
      scrub: timeline => {
        this.#player.pause();
        void this.#player.seek(timeline);
      },
      moveMark: (edge, timeline) => void this.#moveMark(edge, timeline),
      nudgeMark: (edge, amount, unit) => this.#nudgeMark(edge, amount, unit),
    });
    this.#hub = new LiveConnection(options.streamId, {
      joined: snapshot => this.#joined(snapshot),
      stream: stream => this.#show(stream),
      clip: clip => this.#clipUpdated(clip),
      connected: isConnected => this.#connected(isConnected),
    });
    this.#requests = new ClipRequests(request => this.#send('CreateClip', request), storedRequests(options.streamId), () => this.#drawCards());
    this.#cards = new PendingCards(
      this.#part('pending'), this.#part('rail'), slug => this.#linkOf(slug),
      clientId => this.#requests.dismiss(clientId), () => this.#requests.all);

    const { signal } = this.#listeners;
    window.addEventListener('keydown', this.#onKey, { capture: true, signal });
    root.addEventListener('click', this.#onClick, { signal });
    root.addEventListener('mousedown', this.#onMouseDown, { signal });
    this.#tick = setInterval(() => this.#invalidate(), TICK_MS);
    void this.#requests.restore().then(() => this.#hub.start());
  }

  dispose(): void {
    this.#listeners.abort();
    clearInterval(this.#tick);
    cancelAnimationFrame(this.#frame);
    this.#player.dispose();
    this.#connections.dispose();
    this.#timeline.dispose();
    this.#cards.dispose();
    void this.#hub.stop();
  }

  #part(name: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (!found) {
      throw new Error(`The studio page has no part "${name}".`);
    }

    return found;
  }

  // --- What the server tells

  #joined(snapshot: Snapshot): void {
    this.#clips.clear();
    snapshot.clips.forEach(clip => this.#clipUpdated(clip));
    this.#show(snapshot.stream);
  }

  #show(stream: StreamState): void {
    this.#stream = stream;
    const recording = stream.recording;
    if (recording && recording.newestPicture !== null && this.#mayOpen(recording)) {
      this.#open(recording);
    } else if (recording?.recordingId === this.#recordingId) {
      this.#player.setRuns(stream.runs);
    }

    this.#invalidate();
  }

  // A new broadcast does not take the picture away from somebody who is at work on the one before.
  #mayOpen(recording: RecordingState): boolean {
    return recording.recordingId !== this.#recordingId && (this.#recordingId === null || !(this.#marks.in || this.#marks.out));
  }

  #open(recording: RecordingState): void {
    this.#recordingId = recording.recordingId;
    this.#marks.open(recording.recordingId);
    this.#player.setRuns(this.#stream?.runs ?? []);
    void this.#play(recording.recordingId);
  }

  async #play(recordingId: string): Promise<void> {
    const inParts = await this.#mayWait;
    // Another recording may have been opened meanwhile, or the page left.
    if (recordingId === this.#recordingId && !this.#listeners.signal.aborted) {
      const query = inParts ? '' : '?lowLatency=false';
      this.#player.open(new URL(`recordings/${recordingId}/index.m3u8${query}`, document.baseURI).href, inParts);
    }
  }

  #clipUpdated(clip: ClipState): void {
    const before = this.#clips.get(clip.clipId)?.status;
    if (clip.status === 'ready' && (before === 'queued' || before === 'waiting' || before === 'cutting')) {
      this.#say('Clip ready.');
    }

    this.#clips.set(clip.clipId, clip);
    this.#requests.updated(clip);
    this.#invalidate();
  }

  #connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) {
      void this.#requests.flush();
    }

    this.#invalidate();
  }

  async #send(method: string, request: unknown): Promise<CreateClipAnswer> {
    if (!this.#hub.isConnected) {
      throw new NotConnected();
    }

    try {
      return await this.#hub.invoke<CreateClipAnswer>(method, request);
    } catch (error) {
      throw this.#hub.isConnected ? error : new NotConnected();
    }
  }

  // --- What the producer does

  readonly #onKey = (event: KeyboardEvent): void => {
    const focus = focusOf(document.activeElement);
    const dialogOpen = document.querySelector('dialog[open], [role="dialog"], [role="alertdialog"]') !== null;
    if (event.code === 'Space' && focus === 'link' && !dialogOpen) {
      // Enter makes the clip, so a link is opened with Space.
      event.preventDefault();
      (document.activeElement as HTMLElement).click();
      return;
    }

    const command = commandFor(event, focus, dialogOpen);
    if (!command || (CLIP_COMMANDS.has(command) && !this.options.canClip)) {
      return;
    }

    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(command === 'makeClip' && event.repeat)) {
      this.#run(command);
    }
  };

  readonly #onClick = (event: MouseEvent): void => {
    const button = (event.target as Element).closest<HTMLElement>('[data-command]');
    if (button) {
      this.#run(button.dataset.command as Button);
    }
  };

  // A click leaves the focus where it is: else the next Space would press the same button again.
  readonly #onMouseDown = (event: MouseEvent): void => {
    if ((event.target as Element).closest('button, [role=button], summary')) {
      event.preventDefault();
      if (focusOf(document.activeElement) === 'text') {
        (document.activeElement as HTMLElement).blur();
      }
    }
  };

  #run(command: Button): void {
    switch (command) {
      case 'markIn': return this.#mark('in');
      case 'markOut': return this.#mark('out');
      case 'goToIn': return this.#goTo(this.#marks.in);
      case 'goToOut': return this.#goTo(this.#marks.out);
      case 'clearMarks': return this.#marks.clear();
      case 'makeClip': return this.#makeClip();
      case 'quick1': return this.#quickClip(0);
      case 'quick2': return this.#quickClip(1);
      case 'quick3': return this.#quickClip(2);
      case 'playPause': return this.#player.playPause();
      case 'pause': return this.#player.pause();
      case 'faster': return this.#player.faster();
      case 'back': return this.#player.skip(-2);
      case 'frameBack': return this.#player.step(-1);
      case 'frameForward': return this.#player.step(1);
      case 'secondBack': return this.#player.skip(-1);
      case 'secondForward': return this.#player.skip(1);
      case 'goToStart': return void this.#player.seek(this.#player.extents[0]?.start ?? 0);
      case 'goLive': return this.#goLive();
      case 'switch': return void this.#switch();
      case 'mute': return this.#player.toggleMute();
      case 'fit': return this.#timeline.fit();
      case 'zoomIn': return this.#timeline.zoomIn();
      case 'zoomOut': return this.#timeline.zoomOut();
      case 'follow': return this.#timeline.toggleFollow();
      case 'clock': return this.#timeline.toggleClock();
      case 'help': return (this.#part('help') as HTMLDialogElement).showModal();
    }
  }

  #mark(edge: Edge): void {
    const mark = this.#shownMark();
    if (!mark) {
      return this.#say('There is no picture to mark yet.');
    }

    if (edge === 'in') {
      this.#marks.setIn(mark);
    } else {
      this.#marks.setOut(mark);
    }

    this.#say(`${edge === 'in' ? 'In' : 'Out'} point at ${elapsed(mark.timeline)}.`);
  }

  #shownMark(): Mark | null {
    const shown = this.#player.shown;
    return shown && { ...shown.picture, timeline: shown.timeline, image: this.#player.grab() };
  }

  #goTo(mark: Mark | null): void {
    if (mark) {
      this.#player.pause();
      void this.#player.seek(mark.timeline);
    }
  }

  // A mark names a picture that was shown, so a handle's new place is shown first.
  async #moveMark(edge: Edge, timeline: number): Promise<void> {
    this.#player.pause();
    await this.#player.seek(timeline);
    this.#mark(edge);
  }

  #nudgeMark(edge: Edge, amount: number, unit: 'pictures' | 'seconds'): void {
    const mark = this.#marks[edge];
    if (mark) {
      const seconds = unit === 'pictures' ? this.#player.frameSeconds : 1;
      void this.#moveMark(edge, Math.max(0, mark.timeline + Math.round(amount * seconds * TICKS_PER_SECOND)));
    }
  }

  #goLive(): void {
    if (!this.#switch()) {
      this.#player.goLive();
    }
  }

  /** To the newest recording; false when it is the one that is open. */
  #switch(): boolean {
    const recording = this.#stream?.recording;
    if (!recording || recording.newestPicture === null || recording.recordingId === this.#recordingId) {
      return false;
    }

    this.#open(recording);
    return true;
  }

  #makeClip(): void {
    const range = this.#marks.range(this.#shownMark());
    if (typeof range === 'string') {
      return this.#say(range);
    }

    const marked = [this.#marks.in, this.#marks.out].map(mark => (mark ? `${mark.run}:${mark.time90k}` : '-')).join();
    if (this.#guard.admits(`${this.#recordingId},${marked}`, performance.now())) {
      this.#request(range.in, range.out, length(this.#lengthOf(range.in.timeline, range.out.timeline)), range.in.image);
    }
  }

  // The last so many seconds up to the picture seen, wherever in the recording that is.
  #quickClip(index: number): void {
    const button = this.root.querySelectorAll<HTMLElement>('[data-seconds]')[index];
    const seconds = Number(button?.dataset.seconds);
    if (!seconds || !this.#guard.admits(`last ${seconds}`, performance.now())) {
      return;
    }

    const label = `Last ${seconds} s`;
    const out = this.#shownMark();
    const extents = this.#player.extents;
    const end = (out?.timeline ?? 0) + this.#frameTicks;
    // Pictures lie a millisecond off their grid: at the cap itself one less keeps the clip from being trimmed by that.
    const spare = seconds >= (this.#stream?.maxClipSeconds ?? Infinity) ? this.#frameTicks : 0;
    const first = out && pictureOn(playingTimeBefore(end, seconds * TICKS_PER_SECOND - spare, extents), extents);
    if (out && first) {
      this.#request(first, out, label, out.image);
    } else {
      this.#ask({ last: seconds }, label, '');
    }
  }

  #request(first: ShownPicture, last: ShownPicture, label: string, image: string): void {
    const name = ({ run, time90k }: ShownPicture): ShownPicture => ({ run, time90k });
    this.#ask({ recordingId: this.#recordingId ?? undefined, in: name(first), out: name(last) }, label, image);
  }

  #ask(what: { recordingId?: string; in?: ShownPicture; out?: ShownPicture; last?: number }, label: string, image: string): void {
    const request = { clientId: newId(), streamId: this.options.streamId, ...what };
    void this.#requests.add({ request, pressedAt: Date.now(), label, image });
    this.#say('Clip sent.');
  }

  // --- What is shown

  #invalidate(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const shown = this.#player.shown;
    const { in: first, out: last } = this.#marks;
    this.#text('timecode', shown ? elapsed(shown.timeline) + this.#timeOfDay(shown.picture) : '');
    this.#text('in-time', first ? elapsed(first.timeline) : '--:--:--.---');
    this.#text('out-time', last ? elapsed(last.timeline) : '--:--:--.---');
    this.#image('in-image', first?.image);
    this.#image('out-image', last?.image);
    this.#text('play', this.#player.isPaused ? '▶' : '❚❚');
    this.#text('rate', this.#player.rate === 1 ? '' : `${this.#player.rate}×`);
    this.#text('mute', this.#player.video.muted ? 'Muted' : 'Sound on');
    this.#part('live').toggleAttribute('data-on', this.#player.isLive);
    this.#part('connection').hidden = this.#isConnected;
    this.#drawLength(first, last);
    this.#drawBehind(shown?.picture ?? null);
    this.#drawState();
    this.#drawTimeline();
  }

  #drawLength(first: Mark | null, last: Mark | null): void {
    const end = last?.timeline ?? this.#player.shown?.timeline;
    const ticks = first && end !== undefined && end >= first.timeline ? this.#lengthOf(first.timeline, end) : null;
    const cap = (this.#stream?.maxClipSeconds ?? Infinity) * TICKS_PER_SECOND;
    const excess = ticks === null ? 0 : ticks - cap;
    this.#text('length', ticks === null ? '' : length(ticks));
    this.#part('length').toggleAttribute('data-over', excess > 0);
    this.#text('excess', excess > 0 ? `Longer than ${length(cap)}: the last ${length(excess)} will be cut off` : '');
  }

  // Both pictures are in the clip, so it lasts one picture longer than from the one to the other.
  #lengthOf(first: number, last: number): number {
    return playingTime(first, last + this.#frameTicks, this.#player.extents);
  }

  get #frameTicks(): number {
    return Math.round(this.#player.frameSeconds * TICKS_PER_SECOND);
  }

  #drawBehind(picture: ShownPicture | null): void {
    const wallClock = picture && wallClockOf(picture, this.#stream?.runs ?? []);
    const seconds = wallClock === null ? null : Math.max(0, (this.#hub.serverNow - wallClock) / 1000);
    const isOnAir = this.#stream?.recording?.ended === false && this.#stream.recording.recordingId === this.#recordingId;
    this.#text('behind', seconds === null || !isOnAir ? ''
      : seconds < 60 ? `${seconds.toFixed(1)} s behind real time` : `${elapsedShort(seconds * TICKS_PER_SECOND)} behind real time`);
  }

  #drawState(): void {
    const { state, text, notice } = this.#state();
    const badge = this.#part('player-state');
    badge.hidden = text === '';
    badge.dataset.state = state;
    this.#text('player-state', text);
    this.#part('player-notice').hidden = notice === '';
    this.#text('player-notice', notice);
    this.#part('player').toggleAttribute('data-dimmed', state === 'reconnecting');
    this.#part('switch').hidden = !this.#hasNewer;
    this.root.dataset.state = state;
  }

  get #hasNewer(): boolean {
    const newest = this.#stream?.recording;
    return !!newest && newest.newestPicture !== null && newest.recordingId !== this.#recordingId;
  }

  #state(): { state: string; text: string; notice: string } {
    const stream = this.#stream;
    const shown = this.#player.shown;
    const edge = this.#end;
    if (!stream?.recording) {
      const receiving = stream?.status === 'preparing' || stream?.status === 'active';
      return { state: 'waiting', text: '', notice: receiving ? 'Receiving: first picture in about two seconds' : '' };
    }

    if (!shown) {
      return { state: 'starting', text: '', notice: stream.recording.ended ? 'Opening the recording…' : 'First picture in about two seconds' };
    }

    if (stream.recording.ended || this.#hasNewer) {
      return { state: 'ended', text: 'ENDED', notice: '' };
    }

    // In the past of the recording a lost encoder is told in the header only: there are pictures enough to work on.
    const last = this.#player.extents.at(-1)?.end ?? edge;
    if (stream.status === 'disconnected' && stream.disconnectedAt && last - shown.timeline < 2 * TICKS_PER_SECOND) {
      const since = (this.#hub.serverNow - Date.parse(stream.disconnectedAt)) / 1000;
      const left = Math.max(0, Math.ceil(stream.reconnectWindow - since));
      return { state: 'reconnecting', text: `RECONNECTING ${left} s`, notice: 'Encoder lost: waiting for it to come back' };
    }

    const behind = `−${elapsedShort(Math.max(0, edge - shown.timeline))}`;
    return this.#player.isLive ? { state: 'live', text: '● LIVE', notice: '' }
      : { state: 'past', text: this.#player.isPaused ? `❚❚ ${behind}` : behind, notice: '' };
  }

  /** The end of what there is: the newest picture of a recording on air, and while the encoder is away, now. */
  get #end(): number {
    const stream = this.#stream;
    const playlist = this.#player.extents.at(-1)?.end ?? 0;
    if (stream?.recording?.recordingId !== this.#recordingId) {
      return playlist;
    }

    const newest = Math.max(stream?.recording?.newestPicture ?? 0, playlist);
    const away = stream?.status === 'disconnected' && stream.disconnectedAt
      ? Math.max(0, this.#hub.serverNow - Date.parse(stream.disconnectedAt)) : 0;
    return newest + Math.round((away * TICKS_PER_SECOND) / 1000);
  }

  #drawTimeline(): void {
    const stream = this.#stream;
    const run = stream?.runs.at(-1);
    const anchor = run && (run.anchors?.at(-1) ?? { timeline: run.timelineStart, wallClock: run.wallClock });
    const origin = anchor ? Date.parse(anchor.wallClock) - (anchor.timeline * 1000) / TICKS_PER_SECOND : null;
    const isOpen = stream?.recording?.recordingId === this.#recordingId;
    const clips = [...this.#clips.values()].filter(clip => clip.recordingId === this.#recordingId && clip.status !== 'deleted');
    const isDisconnected = isOpen && stream?.status === 'disconnected';
    // The newest pictures are recorded a moment before the playlist lists them.
    const newest = isOpen && !isDisconnected ? this.#end : 0;
    const extents = this.#player.extents.map((extent, index, all) =>
      index === all.length - 1 ? { ...extent, end: Math.max(extent.end, newest) } : extent);
    this.#timeline.show({
      extents,
      extent: { start: 0, end: this.#end },
      isOnAir: isOpen && stream?.recording?.ended === false,
      isDisconnected,
      clips: clips.map(({ start, end, status }) => ({ start, end, status })),
      in: this.#marks.in?.timeline ?? null,
      out: this.#marks.out?.timeline ?? null,
      shown: this.#player.shown?.timeline ?? null,
    }, origin);
  }

  #timeOfDay(picture: ShownPicture): string {
    const wallClock = wallClockOf(picture, this.#stream?.runs ?? []);
    return wallClock === null ? '' : `  ·  ${timeOfDay(wallClock)}`;
  }

  #drawCards(): void {
    this.#cards.draw();
    this.#cards.giveWay();
  }

  // Writing only what is new keeps a playing studio from laying the page out sixty times a second.
  #text(name: string, text: string): void {
    const part = this.#part(name);
    if (part.textContent !== text) {
      part.textContent = text;
    }
  }

  #image(name: string, source: string | undefined): void {
    const image = this.#part(name) as HTMLImageElement;
    image.hidden = !source;
    if (source && image.src !== source) {
      image.src = source;
    }
  }

  #say(text: string): void {
    this.#text('said', text);
  }

  #linkOf(slug: string): string {
    return `${(this.options.publicUrl || location.origin).replace(/\/$/, '')}/c/${slug}`;
  }
}

function protocolOfPage(): string {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return page?.nextHopProtocol ?? '';
}

/** A random UUID (RFC 9562 §5.4); `crypto.randomUUID` is missing on plain http. */
function newId(): string {
  if (typeof crypto.randomUUID === 'function') {
    return crypto.randomUUID();
  }

  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
