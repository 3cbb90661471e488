import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** As long as the gateway's means, with which it is compared. */
const SMOOTHING_MS = 3_000;

export interface ArrivalAge {
  /** Of the last seconds. */
  readonly mean: Milliseconds;
  /** Since it was asked for last. */
  readonly most: Milliseconds;
}

/** How old pictures are when they arrive: the time since the encoder took them in. */
export class ArrivalAges {
  #mean: number | undefined;
  #most = Number.NEGATIVE_INFINITY;
  #at = Milliseconds.never;

  add(now: Milliseconds, age: number): void {
    this.#mean ??= age;
    this.#mean += (age - this.#mean) * (1 - Math.exp((this.#at - now) / SMOOTHING_MS));
    this.#most = Math.max(this.#most, age);
    this.#at = now;
  }

  /** Undefined if nothing has arrived since the last time. */
  take(): ArrivalAge | undefined {
    if (this.#mean === undefined || this.#most === Number.NEGATIVE_INFINITY) return undefined;
    const age = { mean: milliseconds(this.#mean), most: milliseconds(this.#most) };
    this.#most = Number.NEGATIVE_INFINITY;
    return age;
  }
}
