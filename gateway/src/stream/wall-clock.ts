import { type Milliseconds, milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';

/** A difference larger than this means another timeline. */
const REBASE_BEYOND = milliseconds(3_000);
/** How fast the estimate may rise: encoder clocks drift by far less. */
const RISE_PER_MS = 0.001;

/**
 * When the encoder took in a frame, for streams whose producer does not say: the log's own timestamps without their
 * jitter. A record can come late but never early, so the estimate follows the earliest ones and rises slowly.
 */
export class WallClockEstimate {
  #offset: number | undefined;
  #decodeTime = 0;

  at(decodeTime: Ticks90k, timestamp: Milliseconds): Milliseconds {
    const decodeMs = ticksToMs(decodeTime);
    const sample = timestamp - decodeMs;
    if (this.#offset === undefined || Math.abs(sample - this.#offset) > REBASE_BEYOND) {
      this.#offset = sample;
    } else {
      const rise = Math.max(0, decodeMs - this.#decodeTime) * RISE_PER_MS;
      this.#offset = Math.min(sample, this.#offset + rise);
    }
    this.#decodeTime = decodeMs;
    return milliseconds(Math.max(0, this.#offset + decodeMs));
  }
}
