// How a player that follows the live edge gets back to it: what a stall has cost is caught up by playing a little faster, which nobody
// sees or hears, and what is too much for that is left out.

const CATCH_UP_RATE = 1.1;
const CATCH_UP_FROM_SECONDS = 0.4;
const CATCH_UP_TO_SECONDS = 0.1;
const JUMP_FROM_SECONDS = 2.5;

/** Where the network stutters, a player that returns to the edge at once only stalls again: each stall of the last minute allows for more. */
const SECONDS_PER_STALL = 0.5;
const MOST_STALLS = 4;
const STALL_REMEMBERED_MS = 60_000;

export class LivePace {
  #stalls: number[] = [];
  #catchesUp = false;

  /** The pictures ran out. */
  stalled(now: number): void {
    this.#stalls = [...this.#recent(now), now].slice(-MOST_STALLS);
  }

  /** The speed to go on at, or that it has to jump. */
  next(secondsBehind: number, now: number): number | 'jump' {
    const excess = secondsBehind - this.#recent(now).length * SECONDS_PER_STALL;
    if (excess > JUMP_FROM_SECONDS) {
      this.#catchesUp = false;
      return 'jump';
    }

    this.#catchesUp = excess > (this.#catchesUp ? CATCH_UP_TO_SECONDS : CATCH_UP_FROM_SECONDS);
    return this.#catchesUp ? CATCH_UP_RATE : 1;
  }

  #recent(now: number): number[] {
    return this.#stalls.filter(stall => now - stall < STALL_REMEMBERED_MS);
  }
}
