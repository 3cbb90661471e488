import { quantile } from '@topicast/test/glass';
import type { Viewing } from './viewing.js';

/** All viewings of one variant. */
export class Tally {
  readonly #viewings: Viewing[] = [];
  readonly #joins: number[] = [];

  add(viewing: Viewing): void {
    this.#viewings.push(viewing);
    this.#joins.push(viewing.joinMs);
  }

  /** A join that nobody watched any further. */
  addJoin(joinMs: number): void {
    this.#joins.push(joinMs);
  }

  /** Times in ms; NaN, or null in JSON, where there was nothing to measure. */
  summary() {
    const latencies = this.#viewings.flatMap(({ glass }) => glass.latencies);
    const seconds = this.#sum((viewing) => viewing.seconds);
    const lipSync = this.#viewings.flatMap((viewing) => viewing.lipSync);
    const aMinute = (count: number) => Number(((count * 60) / seconds).toFixed(2));
    return {
      p50: Math.round(quantile(latencies, 0.5)),
      p95: Math.round(quantile(latencies, 0.95)),
      max: largest(latencies),
      pictures: latencies.length,
      freezesPerMinute: aMinute(this.#sum(({ glass }) => glass.freezes)),
      waitingPerMinute: aMinute(this.#sum(({ glass }) => glass.waiting)),
      longestGap: largest(this.#viewings.map(({ glass }) => glass.longestGapMs)),
      /** Of the beeps: the sound came this much after its picture, and this much before or after it at worst. */
      lipSyncP50: Math.round(quantile(lipSync, 0.5)),
      lipSyncWorst: largest(lipSync.map(Math.abs)),
      joinP50: Math.round(quantile(this.#joins, 0.5)),
      joinMax: largest(this.#joins),
    };
  }

  /** What our player says of itself; undefined for other players. */
  reported() {
    const stats = this.#viewings.flatMap((viewing) => viewing.stats ?? []);
    const last = stats.at(-1)?.after;
    if (!last) return undefined;
    return {
      stalls: stats.reduce((sum, { before, after }) => sum + after.stalls - before.stalls, 0),
      /** At the end of the last viewing, like all that follows. */
      rendition: last.rendition,
      latency: last.latencyMs === undefined ? undefined : Math.round(last.latencyMs),
      target: Math.round(last.targetMs),
    };
  }

  #sum(of: (viewing: Viewing) => number): number {
    return this.#viewings.reduce((sum, viewing) => sum + of(viewing), 0);
  }
}

const largest = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : Math.round(Math.max(...values));
