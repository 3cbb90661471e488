import { type Milliseconds, milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';

/** Between the last picture of a session and the first one of the next, at least. */
const STEP = milliseconds(40);

/**
 * Gives the samples of all sessions times on one line, which begins at 0 with the connection and never goes back. Each
 * session has a clock of its own. A new one is put where the time of this machine says it belongs, measured from the
 * beginning of the connection: so a gap is as long as it was, and many sessions do not add up to a drift.
 */
export class ConnectionClock {
  #began: Milliseconds | undefined;
  #epoch: number | undefined;
  /** What is added to the session's times. */
  #offset = milliseconds(0);
  #last = milliseconds(0);

  /**
   * Call this with the first sample of each chunk that is placed, before `at`.
   * @param now monotonic
   */
  follow(epoch: number, decode: Ticks90k, now: Milliseconds): void {
    if (epoch === this.#epoch) return;
    const isFirst = this.#began === undefined;
    this.#began ??= now;
    const wanted = isFirst ? 0 : Math.max(now - this.#began, this.#last + STEP);
    this.#epoch = epoch;
    this.#offset = milliseconds(wanted - ticksToMs(decode));
  }

  /** @returns undefined for what belongs before the beginning, or to another session */
  at(epoch: number, time: Ticks90k): Milliseconds | undefined {
    const at = ticksToMs(time) + this.#offset;
    if (epoch !== this.#epoch || at < 0) return undefined;
    this.#last = milliseconds(Math.max(this.#last, at));
    return milliseconds(at);
  }
}
