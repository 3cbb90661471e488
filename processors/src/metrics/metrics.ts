import { Counter, Gauge, type MetricConfiguration, Registry } from 'prom-client';
import type { PictureCounts } from '../thumbnails/thumbnails.js';
import type { WebhookCounts } from '../webhooks/delivery.js';
import type { FollowCounts } from '../worker/follower.js';

interface CountedWorker {
  readonly name: string;
  readonly streams: number;
  readonly leftOut: number;
}

/**
 * The metrics of all processors of a process, for `/metrics`. Labels name processors, and never streams, because the
 * number of streams has no bound. All are there from the start, because registries are merged only once.
 */
export class ProcessorsMetrics {
  readonly registry = new Registry();
  readonly pictures: PictureCounts = { taken: 0, failed: 0, skipped: 0 };
  /** Chunks that were not looked at because ffmpeg did not keep up. */
  readonly analysis = { skipped: 0 };
  readonly webhooks: WebhookCounts = { sent: 0, failed: 0, dropped: 0 };
  readonly #counts = new Map<string, FollowCounts>();
  readonly #workers = new Map<string, CountedWorker>();

  constructor() {
    const workers = this.#workers;
    new Gauge({
      ...this.#named('streams', 'Number of streams that are worked on here, by processor'),
      labelNames: ['processor'],
      collect() {
        for (const [processor, { streams }] of workers) this.set({ processor }, streams);
      },
    });
    new Gauge({
      ...this.#named('streams_left_out', 'Number of streams for which there is no room here, by processor'),
      labelNames: ['processor'],
      collect() {
        for (const [processor, { leftOut }] of workers) this.set({ processor }, leftOut);
      },
    });
    this.#perProcessor('chunks_total', 'Chunks read', ({ chunks }) => chunks);
    this.#perProcessor('lost_chunks_total', 'Chunks that are missing in the log', ({ lost }) => lost);
    this.#perProcessor(
      'failures_total',
      'Work that ended with an error and began again',
      ({ failures }) => failures,
    );
    this.#count('thumbnails_total', 'Thumbnails written', () => this.pictures.taken);
    this.#count(
      'thumbnails_failed_total',
      'Keyframes that could not be made a thumbnail',
      () => this.pictures.failed,
    );
    this.#count(
      'thumbnails_skipped_total',
      'Thumbnails left out because too many others waited, or the log was away',
      () => this.pictures.skipped,
    );
    this.#count(
      'analyse_skipped_chunks_total',
      'Chunks that were not analysed because ffmpeg did not keep up',
      () => this.analysis.skipped,
    );
    this.#count('webhooks_sent_total', 'Webhooks that their receiver has taken', () => this.webhooks.sent);
    this.#count(
      'webhooks_failed_total',
      'Attempts to send a webhook that failed',
      () => this.webhooks.failed,
    );
    this.#count(
      'webhooks_dropped_total',
      'Webhooks given up because their receiver has not taken them for a day',
      () => this.webhooks.dropped,
    );
  }

  #count(name: string, help: string, value: () => number): void {
    new Counter({
      ...this.#named(name, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  /** What the followers of a processor count together. */
  countsOf(processor: string): FollowCounts {
    const known = this.#counts.get(processor);
    if (known) return known;
    const counts = { chunks: 0, lost: 0, failures: 0 };
    this.#counts.set(processor, counts);
    return counts;
  }

  follow(worker: CountedWorker): void {
    this.#workers.set(worker.name, worker);
  }

  #perProcessor(name: string, help: string, value: (counts: FollowCounts) => number): void {
    const all = this.#counts;
    new Counter({
      ...this.#named(name, `${help}, by processor`),
      labelNames: ['processor'],
      collect() {
        this.reset();
        for (const [processor, counts] of all) this.inc({ processor }, value(counts));
      },
    });
  }

  #named(name: string, help: string): MetricConfiguration<string> {
    return { name: `topicast_processors_${name}`, help, registers: [this.registry] };
  }
}
