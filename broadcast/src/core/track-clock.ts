import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** The fastest arrival is sought in the present window and the one before it. */
const WINDOW = milliseconds(5_000);
/** Until then the first arrivals count at once: queues have filled while the devices began. */
const SETTLES_IN = milliseconds(1_000);
/** No queue gives out so much at once. */
const JUMP = milliseconds(5_000);
/** How fast the offset may move afterwards, so that the sound does not jump: 2 ms a second. */
const SLEW = 0.002;

/**
 * Puts the time stamps of one track on the clock of our arrivals. Each track may count from a zero of its own, as
 * cameras and microphones do, and its clock may drift; but some of its frames come with no delay beyond the usual one,
 * so the least difference between arrival and time stamp is that of the clocks.
 */
export class TrackClock {
  #offset: number | undefined;
  #begun = Milliseconds.zero;
  #lastNow = Milliseconds.zero;
  #lastTaken = Milliseconds.zero;
  #windowSince = Milliseconds.zero;
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;

  /**
   * @param taken what the track says when the frame was taken, by its own clock
   * @param now when it could be here at the earliest, had it been on its way for no time
   */
  note(taken: Milliseconds, now: Milliseconds): void {
    const difference = now - taken;
    if (this.#offset === undefined || this.#hasJumped(taken, now)) this.#begin(now);
    this.#lastTaken = taken;
    if (now - this.#windowSince >= WINDOW) {
      this.#windowSince = now;
      this.#leastBefore = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
    }
    this.#least = Math.min(this.#least, difference);
    const wanted = Math.min(this.#least, this.#leastBefore);
    const isSettling = now - this.#begun < SETTLES_IN;
    const step = Math.max(0, now - this.#lastNow) * SLEW;
    this.#lastNow = now;
    const before = this.#offset;
    this.#offset =
      before === undefined || isSettling ? wanted : before + Math.max(-step, Math.min(step, wanted - before));
  }

  /**
   * Time stamps go on as the time does. Those of Chromium's microphones do not: the first ones count from the start of
   * the page, and the next ones from that of the worker that reads them.
   */
  #hasJumped(taken: Milliseconds, now: Milliseconds): boolean {
    const step = taken - this.#lastTaken;
    return step < 0 || step - (now - this.#lastNow) > JUMP;
  }

  #begin(now: Milliseconds): void {
    this.#offset = undefined;
    this.#begun = now;
    this.#lastNow = now;
    this.#windowSince = now;
    this.#least = Number.POSITIVE_INFINITY;
    this.#leastBefore = Number.POSITIVE_INFINITY;
  }

  /** On the clock of our arrivals. */
  map(taken: Milliseconds): Milliseconds {
    return Milliseconds.add(taken, milliseconds(this.#offset ?? 0));
  }
}
