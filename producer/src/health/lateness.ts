import type { ProducerFigures } from '@topicast/contracts/stream-health';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { quantile } from './quantiles.js';

/** In rows: the earliest picture of the last minute. */
const MOST_ROWS = 30;
const MOST_SAMPLES = 1_000;

/**
 * How late pictures come by their own time stamps. Nobody knows when they were taken, but a picture can only come late,
 * never early. So the earliest picture of the last minute shows the shortest way, and the others are later than that.
 */
export class Lateness {
  #earliest: number[] = [];
  #samples: number[] = [];

  get hasBegun(): boolean {
    return this.#earliest.length > 0 || this.#samples.length > 0;
  }

  /** @param distance from a picture's time stamp to its arrival */
  add(distance: Milliseconds): void {
    if (this.#samples.length < MOST_SAMPLES) this.#samples.push(distance);
  }

  /** Of the pictures since the last call: `late` are quantiles of all, `behind` is the one that was least late. */
  take(): Pick<ProducerFigures, 'late' | 'behind'> {
    const [p50, p95] = [quantile(this.#samples, 0.5), quantile(this.#samples, 0.95)];
    if (p50 === undefined || p95 === undefined) return {};
    const least = Math.min(...this.#samples);
    this.#earliest = [...this.#earliest, least].slice(-MOST_ROWS);
    this.#samples = [];
    const base = Math.min(...this.#earliest);
    return { late: { p50: rounded(p50 - base), p95: rounded(p95 - base) }, behind: rounded(least - base) };
  }
}

const rounded = (value: number): Milliseconds =>
  Milliseconds.max(Milliseconds.zero, milliseconds(Math.round(value)));
