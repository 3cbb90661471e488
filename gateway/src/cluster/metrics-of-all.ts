import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedTails } from '@topicast/log/remote';
import type { Logger } from 'pino';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Metrics, ToPrimary } from './messages.js';
import type { WorkerProcess } from './worker-process.js';

/** If a worker does not answer, its last answer counts. */
const ANSWER_WITHIN_MS = 2_000;
/** Counts stay true after their process has ended. The types of prom-client say that these are numbers. */
const REMAINING: readonly string[] = ['counter', 'histogram'];

type WithValues = Metrics[number];
type Message = Extract<ToPrimary, { type: 'own-metrics' | 'ask-metrics' }>;

/**
 * The metrics of all processes of a gateway, summed for whichever worker is asked for them. Counters never go back: a
 * late worker counts with its last answer, and a dead one with what it had counted by then.
 */
export class MetricsOfAll {
  readonly #workers: () => readonly WorkerProcess[];
  readonly #logger: Logger;
  readonly #registry = new Registry();
  readonly #waiting = new Map<number, () => void>();
  readonly #latest = new Map<WorkerProcess, Metrics>();
  #ofTheDead: Metrics = [];
  readonly #deaths: Counter;
  /** Of what else runs in the primary process. */
  readonly #others: readonly Registry[];
  #lastId = 0;

  constructor(
    tails: SharedTails,
    workers: () => readonly WorkerProcess[],
    logger: Logger,
    others: readonly Registry[] = [],
  ) {
    this.#workers = workers;
    this.#logger = logger;
    this.#others = others;
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

  readonly countDeath = (worker: WorkerProcess): void => {
    this.#deaths.inc();
    const counted = this.#latest.get(worker)?.filter(({ type }) => REMAINING.includes(String(type)));
    this.#latest.delete(worker);
    if (counted) this.#ofTheDead = sum([this.#ofTheDead, counted]).getMetricsAsArray() as WithValues[];
  };

  readonly receive = (worker: WorkerProcess, message: Message): void => {
    if (message.type === 'own-metrics') {
      this.#latest.set(worker, message.metrics);
      this.#waiting.get(message.id)?.();
    } else {
      this.#answer(worker, message.id).catch((error) => {
        this.#logger.error({ err: error }, 'summing metrics failed');
        worker.send({ type: 'no-metrics', id: message.id });
      });
    }
  };

  async #answer(worker: WorkerProcess, id: number): Promise<void> {
    const asked = this.#workers().filter(({ isReady }) => isReady);
    const [own] = await Promise.all([
      Promise.all([this.#registry, ...this.#others].map((each) => each.getMetricsAsJSON())),
      ...asked.map((each) => this.#collect(each)),
    ]);
    // In one go: who dies now is either among the living or among the dead.
    const text = await sum([...own, this.#ofTheDead, ...this.#latest.values()]).metrics();
    worker.send({ type: 'metrics', id, text });
  }

  /** Resolves when the worker has answered, or is late. */
  async #collect(worker: WorkerProcess): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const impatience = new AbortController();
    const late = sleep(ANSWER_WITHIN_MS, undefined, { signal: impatience.signal }).catch(() => undefined);
    const answer = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    worker.send({ type: 'collect-metrics', id });
    await Promise.race([answer, late]);
    impatience.abort();
    this.#waiting.delete(id);
  }
}

/**
 * The sum of what the processes have counted; of the event loop lag the largest, because one process that lags is
 * enough.
 */
function sum(all: readonly Metrics[]): Registry {
  const marked = all.map((metrics) =>
    metrics.map((metric) => (isMeanLag(metric) ? { ...metric, aggregator: 'max' as const } : metric)),
  );
  return AggregatorRegistry.aggregate(marked);
}

const isMeanLag = ({ name, aggregator }: WithValues): boolean =>
  name.startsWith('nodejs_eventloop_lag_') && aggregator === 'average';
