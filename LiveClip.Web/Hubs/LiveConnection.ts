import { HubConnection, HubConnectionBuilder, HubConnectionState, LogLevel } from '@microsoft/signalr';
import type { Run, ShownPicture } from '../Components/Controls/ShownPicture';

// The hub's wire shapes (LiveHubMessages.cs). Times without a unit in their name are ticks of 1/90,000 s on the recording's timeline.

export interface StreamState {
  readonly streamId: string;
  readonly name: string | null;
  readonly status: 'idle' | 'preparing' | 'active' | 'disconnected' | 'disabled';
  readonly maxClipSeconds: number;
  /** Seconds. */
  readonly reconnectWindow: number;
  readonly disconnectedAt: string | null;
  readonly recording: RecordingState | null;
  readonly runs: readonly Run[];
}

export interface RecordingState {
  readonly recordingId: string;
  readonly startedAt: string;
  readonly ended: boolean;
  /** End of the newest recorded picture; null before the first segment. */
  readonly newestPicture: number | null;
}

export interface ClipState {
  readonly clipId: string;
  readonly clientId: string | null;
  readonly recordingId: string;
  readonly slug: string;
  readonly title: string | null;
  readonly status: 'queued' | 'waiting' | 'cutting' | 'ready' | 'failed' | 'deleted';
  readonly start: number;
  readonly end: number;
  readonly requestedStart: number;
  readonly requestedEnd: number;
  readonly deliveredStart: number | null;
  readonly deliveredEnd: number | null;
  readonly duration: number | null;
  readonly trimmed: boolean;
  readonly error: string | null;
  readonly createdAt: string;
}

export interface Snapshot {
  readonly sequence: number;
  /** The server's clock at the answer. */
  readonly now: string;
  readonly stream: StreamState;
  readonly clips: readonly ClipState[];
}

export interface CreateClipRequest {
  readonly clientId: string;
  readonly streamId: string;
  readonly recordingId?: string;
  readonly in?: ShownPicture;
  readonly out?: ShownPicture;
  /** Seconds. */
  readonly last?: number;
}

export interface ClipError {
  readonly field: string;
  readonly message: string;
  readonly reason: 'notFound' | 'invalid' | 'busy' | 'noSpace';
}

export interface CreateClipAnswer {
  readonly clip?: ClipState | null;
  readonly error?: ClipError | null;
}

/** What the page hears of. */
export interface LiveEvents {
  joined(snapshot: Snapshot): void;
  stream(stream: StreamState): void;
  clip(clip: ClipState): void;
  connected(isConnected: boolean): void;
}

/** Milliseconds before the next try to connect: never given up, never more than five seconds. */
export function retryDelay(tries: number, random: number = Math.random()): number {
  return tries === 0 ? 0 : Math.min(5000, 250 * 2 ** Math.min(tries, 6)) * (0.75 + random / 4);
}

/** Events in the order of their sequence numbers. A number that is missing means that something was lost: join again. */
export class EventOrder {
  #sequence = -1;
  #held: { sequence: number; deliver: () => void }[] | null = [];

  constructor(private readonly lost: () => void) {}

  /** Until the snapshot comes, events wait: it may be older or newer than they are. */
  hold(): void {
    this.#held ??= [];
  }

  snapshot(sequence: number): void {
    const held = this.#held ?? [];
    this.#sequence = sequence;
    this.#held = null;
    held.sort((a, b) => a.sequence - b.sequence).forEach(event => this.event(event.sequence, event.deliver));
  }

  event(sequence: number, deliver: () => void): void {
    if (this.#held) {
      this.#held.push({ sequence, deliver });
    } else if (sequence === this.#sequence + 1) {
      this.#sequence = sequence;
      deliver();
    } else if (sequence > this.#sequence) {
      this.hold();
      this.lost();
    }
  }
}

/** The page's own connection to /hubs/live, apart from the Blazor circuit, which may die without losing a moment. */
export class LiveConnection {
  readonly #hub: HubConnection;
  readonly #order = new EventOrder(() => void this.#join());
  #stopped = false;
  /** The server's clock less this computer's, milliseconds. */
  #clockOffset = 0;

  constructor(private readonly streamId: string, private readonly events: LiveEvents) {
    this.#hub = new HubConnectionBuilder()
      .withUrl(new URL('hubs/live', document.baseURI).href)
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: retry => retryDelay(retry.previousRetryCount) })
      .configureLogging(LogLevel.None)
      .build();
    this.#hub.on('ClipUpdated', (sequence: number, clip: ClipState) => this.#order.event(sequence, () => events.clip(clip)));
    this.#hub.on('StreamUpdated', (sequence: number, stream: StreamState) => this.#order.event(sequence, () => events.stream(stream)));
    this.#hub.onreconnecting(() => events.connected(false));
    this.#hub.onreconnected(() => void this.#join());
    // The server closed it for good (it is stopping, or the login has run out): begin anew.
    this.#hub.onclose(() => {
      events.connected(false);
      void this.start();
    });
  }

  /** Milliseconds since 1970 by the server's clock. */
  get serverNow(): number {
    return Date.now() + this.#clockOffset;
  }

  get isConnected(): boolean {
    return this.#hub.state === HubConnectionState.Connected;
  }

  async start(): Promise<void> {
    for (let tries = 0; !this.#stopped; tries++) {
      await new Promise(resolve => setTimeout(resolve, retryDelay(tries)));
      if (this.#stopped) {
        return;
      }

      try {
        await this.#hub.start();
        await this.#join();
        return;
      } catch {
        // Not reachable yet. The page says so by `connected`; the next try follows.
        this.events.connected(false);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#hub.stop();
  }

  invoke<T>(method: string, ...args: unknown[]): Promise<T> {
    return this.#hub.invoke<T>(method, ...args);
  }

  async #join(tries = 1): Promise<void> {
    this.#order.hold();
    const asked = Date.now();
    let snapshot: Snapshot;
    try {
      snapshot = await this.#hub.invoke<Snapshot>('Join', this.streamId);
    } catch (error) {
      this.events.connected(false);
      if (this.isConnected && !this.#stopped) {
        console.error('Join failed', error);
        setTimeout(() => void this.#join(tries + 1), retryDelay(tries));
      }

      return;
    }

    this.#clockOffset = Date.parse(snapshot.now) - (asked + Date.now()) / 2;
    this.events.joined(snapshot);
    this.#order.snapshot(snapshot.sequence);
    this.events.connected(true);
  }
}
