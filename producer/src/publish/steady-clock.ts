import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A clock that is set by hand or by an NTP step jumps at least this much; smaller differences are followed slowly. */
const STEP_MS = 1000;
/** The fastest that NTP slews. */
const SLEW_PER_MS = 0.0005;

/**
 * A wall clock on top of a monotonic clock. It runs evenly while the system's clock is being adjusted, and follows it.
 */
export class SteadyClock {
  readonly #system: () => number;
  #difference: number;
  #since: number;

  constructor(
    readonly monotonic: () => Milliseconds = Milliseconds.now,
    system: () => number = Date.now,
  ) {
    this.#system = system;
    this.#since = monotonic();
    this.#difference = system() - this.#since;
  }

  /** The wall clock at a moment of the monotonic clock. */
  at(moment: Milliseconds): Milliseconds {
    const now = this.monotonic();
    const error = this.#system() - now - this.#difference;
    const allowed = (now - this.#since) * SLEW_PER_MS;
    this.#difference += Math.abs(error) > STEP_MS ? error : clamp(error, allowed);
    this.#since = now;
    return milliseconds(moment + this.#difference);
  }
}

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
