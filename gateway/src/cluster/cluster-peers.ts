import type { Registry } from 'prom-client';
import { ApiError } from '../http/problem.js';
import { type Counts, NOBODY, type Peers } from '../viewer/peers.js';
import { packCounts, type ToPrimary, type ToWorker, unpackCounts } from './messages.js';

/** Longer than the primary waits for the other workers. */
const METRICS_WITHIN_MS = 3_000;

interface Waiting {
  resolve(text: string): void;
  reject(error: ApiError): void;
}

/** The other workers, as the primary reports them. */
export class ClusterPeers implements Peers {
  readonly #registry: Registry;
  readonly #tell: (message: ToPrimary) => void;
  counts: Counts = NOBODY;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(registry: Registry, tell: (message: ToPrimary) => void) {
    this.#registry = registry;
    this.#tell = tell;
  }

  report(counts: Counts): void {
    this.#tell({ type: 'counts', counts: packCounts(counts) });
  }

  /** Rejects with an ApiError (503) if the primary does not answer in time, or has none. */
  async metrics(): Promise<string> {
    this.#lastId += 1;
    const id = this.#lastId;
    const impatience = setTimeout(() => this.#refuse(id), METRICS_WITHIN_MS);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#tell({ type: 'ask-metrics', id });
      });
    } finally {
      clearTimeout(impatience);
      this.#waiting.delete(id);
    }
  }

  receive(message: Exclude<ToWorker, { type: 'drain' }>): void {
    switch (message.type) {
      case 'elsewhere':
        this.counts = unpackCounts(message.counts);
        break;
      case 'collect-metrics':
        void this.#sendMetrics(message.id);
        break;
      case 'metrics':
        this.#waiting.get(message.id)?.resolve(message.text);
        break;
      case 'no-metrics':
        this.#refuse(message.id);
        break;
    }
  }

  #refuse(id: number): void {
    this.#waiting.get(id)?.reject(new ApiError(503, 'the metrics of all processes are not available now'));
  }

  async #sendMetrics(id: number): Promise<void> {
    this.#tell({ type: 'own-metrics', id, metrics: await this.#registry.getMetricsAsJSON() });
  }
}
