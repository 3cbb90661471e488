import { Milliseconds } from '@topicast/contracts/units';

/** A clock that is set by hand or by an NTP step jumps at least this much; smaller differences are followed slowly. */
const STEP_MS = 1000;
/** The fastest that NTP slews. */
const SLEW_PER_MS = 0.0005;

/**
 * A wall clock on top of a monotonic clock. It runs evenly while the system's clock is being adjusted, and follows it.
 */
export class SteadyClock {
  readonly #system: () => Milliseconds;
  #difference: Milliseconds;
  #since: Milliseconds;

  constructor(
    readonly monotonic: () => Milliseconds = Milliseconds.now,
    system: () => Milliseconds = Milliseconds.wallClock,
  ) {
    this.#system = system;
    this.#since = monotonic();
    this.#difference = Milliseconds.sub(system(), this.#since);
  }

  /** The wall clock at a moment of the monotonic clock. */
  at(moment: Milliseconds): Milliseconds {
    const now = this.monotonic();
    const error = Milliseconds.sub(Milliseconds.sub(this.#system(), now), this.#difference);
    const allowed = Milliseconds.scale(Milliseconds.sub(now, this.#since), SLEW_PER_MS);
    const change = Math.abs(error) > STEP_MS ? error : clamp(error, allowed);
    this.#difference = Milliseconds.add(this.#difference, change);
    this.#since = now;
    return Milliseconds.add(moment, this.#difference);
  }
}

const clamp = (value: Milliseconds, limit: Milliseconds): Milliseconds =>
  Milliseconds.max(Milliseconds.scale(limit, -1), Milliseconds.min(limit, value));
