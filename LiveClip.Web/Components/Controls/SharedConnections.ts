// Over HTTP/1.1 a browser has six connections to a server, for all its tabs together. A player at low latency keeps one of them busy with
// the playlist that waits, and often a second one with a part: a few of them, and nothing else would get through.

/** So many tabs of a browser play at low latency; the next ones ask for whole segments only. */
const MOST_PLAYERS = 2;
const ANSWER_MS = 100;

/** Whether a player may keep requests waiting: over HTTP/2 any number, else as long as no others do. */
export class SharedConnections {
  readonly #channel: BroadcastChannel | null;
  #mayWait = false;
  #others = 0;

  /** @param protocol What the page came by, as `nextHopProtocol` names it: http/1.1, h2, h3. */
  constructor(protocol: string) {
    this.#channel = protocol === 'h2' || protocol === 'h3' ? null : new BroadcastChannel('liveclip-players');
    this.#channel?.addEventListener('message', this.#heard);
  }

  async ask(): Promise<boolean> {
    if (this.#channel) {
      // Others have asked before, and were answered for all to hear.
      this.#others = 0;
      this.#channel.postMessage('who?');
      await new Promise(resolve => setTimeout(resolve, ANSWER_MS));
    }

    this.#mayWait = this.#others < MOST_PLAYERS;
    return this.#mayWait;
  }

  dispose(): void {
    this.#channel?.close();
  }

  readonly #heard = (event: MessageEvent): void => {
    if (event.data === 'me') {
      this.#others++;
    } else if (this.#mayWait) {
      this.#channel?.postMessage('me');
    }
  };
}
