import type { Ticks90k } from '@topicast/contracts/units';

/** Rounded to a tenth; undefined of nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return Math.round(value * 10) / 10;
}

const MOST_STEPS = 300;
/** Fewer say nothing. */
const ENOUGH_STEPS = 60;
/** RTMP counts in milliseconds, so a step of the same length can be 33 or 34 of them. */
const ROUNDING_TICKS = 2 * 90;
const OTHER_BY = 0.3;

/** The steps of decode time between pictures, of the last few hundred. */
export class Steps {
  #steps: number[] = [];
  #last: Ticks90k | undefined;

  add(decodeTime: Ticks90k): void {
    if (this.#last !== undefined) this.#steps.push(decodeTime - this.#last);
    this.#last = decodeTime;
    if (this.#steps.length > MOST_STEPS) this.#steps.shift();
  }

  /** What follows does not continue what was before. */
  restart(): void {
    this.#last = undefined;
  }

  /** The share of the steps that are not like most. */
  take(): number | undefined {
    if (this.#steps.length < ENOUGH_STEPS) return undefined;
    const usual = [...this.#steps].sort((a, b) => a - b)[this.#steps.length >> 1]!;
    const others = this.#steps.filter((step) => {
      const difference = Math.abs(step - usual);
      return difference > ROUNDING_TICKS && difference > usual * OTHER_BY;
    });
    return Math.round((others.length / this.#steps.length) * 1_000) / 1_000;
  }
}
