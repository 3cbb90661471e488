import { type Ticks90k, ticks90k } from '@topicast/contracts/units';

/** Time stamps count milliseconds in 32 bits, and begin again after 49.7 days. */
const WRAP = 2 ** 32;
const TICKS_PER_MS = 90;

/** Turns the time stamps of one publisher's messages into stream time, which does not go round. */
export class FlvClock {
  #lastMs: number | undefined;

  /** @param timestamp of a message, 32 bits */
  at(timestamp: number): Ticks90k {
    // Positive whatever the first one was, with room for pictures that are older than it.
    const reference = this.#lastMs ?? timestamp + WRAP;
    this.#lastMs = timestamp + Math.round((reference - timestamp) / WRAP) * WRAP;
    return ticks90k(this.#lastMs * TICKS_PER_MS);
  }
}
