import { Milliseconds, milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';

/** A difference larger than this means another timeline. */
const REBASE_BEYOND = milliseconds(3_000);
/** How fast the estimate may rise: encoder clocks drift by far less. */
const RISE_PER_MS = 0.001;

/**
 * When the encoder took in a frame, for streams whose producer does not say: the log's own timestamps without their
 * jitter. A record can come late but never early, so the estimate follows the earliest ones and rises slowly.
 */
export class WallClockEstimate {
  #offset: Milliseconds | undefined;
  #decodeTime = Milliseconds.zero;

  at(decodeTime: Ticks90k, timestamp: Milliseconds): Milliseconds {
    const decodeMs = ticksToMs(decodeTime);
    const sample = Milliseconds.sub(timestamp, decodeMs);
    if (this.#offset === undefined || Math.abs(sample - this.#offset) > REBASE_BEYOND) {
      this.#offset = sample;
    } else {
      const passed = Milliseconds.max(Milliseconds.zero, Milliseconds.sub(decodeMs, this.#decodeTime));
      const risen = Milliseconds.add(this.#offset, Milliseconds.scale(passed, RISE_PER_MS));
      this.#offset = Milliseconds.min(sample, risen);
    }
    this.#decodeTime = decodeMs;
    return Milliseconds.max(Milliseconds.zero, Milliseconds.add(this.#offset, decodeMs));
  }
}
