import type { Milliseconds } from '@topicast/contracts/units';

/** Lets `perSecond` through on average, and at most two seconds' worth at once. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: Milliseconds;

  constructor(perSecond: number, now: Milliseconds) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * 2;
    this.#refilledAt = now;
  }

  admits(now: Milliseconds): boolean {
    const earned = ((now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * 2, this.#tokens + earned);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
