import type { Ticks90k } from '@topicast/contracts/units';

const WRAP = 2 ** 33;

/** The value of a 33-bit timestamp that is nearest to the reference. */
export const unwrapNear = (timestamp: number, reference: number): number =>
  timestamp + Math.round((reference - timestamp) / WRAP) * WRAP;

/**
 * Unwraps the 33-bit timestamps of all PIDs of a programme together: each one is placed nearest to the previous one.
 */
export class Timeline {
  #last: number | undefined;

  unwrap(timestamp: number): Ticks90k {
    this.#last = unwrapNear(timestamp, this.#last ?? timestamp);
    return this.#last as Ticks90k;
  }
}

/** Frames a second over the last frames, from their decode times. */
export class FrameRate {
  readonly #times: number[] = [];

  add(decodeTime: Ticks90k): void {
    const last = this.#times.at(-1);
    if (last !== undefined && decodeTime <= last) this.#times.length = 0;
    this.#times.push(decodeTime);
    if (this.#times.length > 61) this.#times.shift();
  }

  /** Undefined before ten frames. */
  get value(): number | undefined {
    const frames = this.#times.length - 1;
    if (frames < 9) return undefined;
    return Math.round((frames * 90_000 * 100) / (this.#times.at(-1)! - this.#times[0]!)) / 100;
  }
}
