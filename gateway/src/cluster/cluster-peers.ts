import type { Registry } from 'prom-client';
import { type Counts, NOBODY, type Peers } from '../viewer/peers.js';
import { packCounts, type ToPrimary, type ToWorker, unpackCounts } from './messages.js';

/** The other workers, as the primary tells of them. */
export class ClusterPeers implements Peers {
  counts: Counts = NOBODY;
  readonly #waiting = new Map<number, (text: string) => void>();
  #lastId = 0;

  constructor(
    private readonly registry: Registry,
    private readonly tell: (message: ToPrimary) => void,
  ) {}

  report(counts: Counts): void {
    this.tell({ type: 'counts', counts: packCounts(counts) });
  }

  metrics(): Promise<string> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.tell({ type: 'ask-metrics', id });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
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
        this.#waiting.get(message.id)?.(message.text);
        this.#waiting.delete(message.id);
        break;
    }
  }

  async #sendMetrics(id: number): Promise<void> {
    this.tell({ type: 'own-metrics', id, metrics: await this.registry.getMetricsAsJSON() });
  }
}
