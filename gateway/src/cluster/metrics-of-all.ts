import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Metrics, ToPrimary } from './messages.js';
import type { SharedTails } from './shared-tails.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker that does not answer is left out of the sum. */
const ANSWER_WITHIN_MS = 2_000;

type Message = Extract<ToPrimary, { type: 'own-metrics' | 'ask-metrics' }>;

/** The metrics of all processes of a gateway, summed for whichever worker is asked for them. */
export class MetricsOfAll {
  readonly #registry = new Registry();
  readonly #waiting = new Map<number, (metrics: Metrics) => void>();
  readonly #deaths: Counter;
  #lastId = 0;

  constructor(
    tails: SharedTails,
    private readonly workers: () => readonly WorkerProcess[],
    private readonly logger: Logger,
  ) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#deaths = new Counter({
      name: 'topicast_gateway_worker_deaths_total',
      help: 'Workers that died and were replaced',
      registers,
    });
    new Gauge({
      name: 'topicast_gateway_workers',
      help: 'Workers that serve viewers',
      registers,
      collect() {
        this.set(workers().filter(({ isReady }) => isReady).length);
      },
    });
    new Gauge({
      name: 'topicast_gateway_shared_tails',
      help: 'Renditions being read from the log, for all workers together',
      registers,
      collect() {
        this.set(tails.size);
      },
    });
    new Counter({
      name: 'topicast_gateway_reader_records_total',
      help: 'Records read from the log, for all workers together',
      registers,
      collect() {
        this.reset();
        this.inc(tails.recordsRead);
      },
    });
  }

  countDeath(): void {
    this.#deaths.inc();
  }

  readonly receive = (worker: WorkerProcess, message: Message): void => {
    if (message.type === 'own-metrics') this.#waiting.get(message.id)?.(message.metrics);
    else
      this.#answer(worker, message.id).catch((error) =>
        this.logger.error({ err: error }, 'summing metrics failed'),
      );
  };

  async #answer(worker: WorkerProcess, id: number): Promise<void> {
    const all = await Promise.all([
      this.#registry.getMetricsAsJSON(),
      ...this.workers()
        .filter(({ isReady }) => isReady)
        .map((each) => this.#collect(each)),
    ]);
    const text = await AggregatorRegistry.aggregate([...all]).metrics();
    worker.send({ type: 'metrics', id, text });
  }

  async #collect(worker: WorkerProcess): Promise<Metrics> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<Metrics>((resolve) => this.#waiting.set(id, resolve));
    worker.send({ type: 'collect-metrics', id });
    const metrics = await Promise.race([answer, sleep(ANSWER_WITHIN_MS, [])]);
    this.#waiting.delete(id);
    return metrics;
  }
}
