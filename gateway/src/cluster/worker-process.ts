import cluster, { type Worker } from 'node:cluster';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { type Counts, NOBODY } from '../viewer/peers.js';
import { type SentCounts, type ToPrimary, type ToWorker, unpackCounts } from './messages.js';
import { restartAfter } from './restarts.js';

interface WorkerEvents {
  /** What a process in this place has to know. */
  onStarted(): Extract<ToWorker, { type: 'start' }>;
  onReady(port: number): void;
  onFailed(message: string): void;
  onCounts(worker: WorkerProcess, counts: SentCounts): void;
  onMessage(
    worker: WorkerProcess,
    message: Extract<ToPrimary, { type: 'own-metrics' | 'ask-metrics' }>,
  ): void;
  onDied(worker: WorkerProcess): void;
}

/** A worker that is silent for this long hangs. The limit leaves time for its start. */
const SILENCE_LIMIT = milliseconds(30_000);

const { now } = Milliseconds;

/** A place in the cluster. It owns the restarts: a worker that dies is replaced, with back-off. */
export class WorkerProcess {
  readonly #events: WorkerEvents;
  readonly #logger: Logger;
  counts: Counts = NOBODY;
  isReady = false;
  #worker: Worker | undefined;
  #startedAt = now();
  #heardAt = now();
  #deaths = 0;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;
  #onGone: (() => void) | undefined;

  constructor(events: WorkerEvents, logger: Logger) {
    this.#events = events;
    this.#logger = logger;
    this.#start();
  }

  send(message: ToWorker): void {
    // A dying worker accepts no message; its end is a separate event.
    if (this.#worker?.isConnected()) this.#worker.send(message, () => undefined);
  }

  /** Give up a worker that hangs; it will be replaced. */
  check(): void {
    if (!this.#worker || now() - this.#heardAt < SILENCE_LIMIT) return;
    this.#logger.error({ pid: this.#worker.process.pid }, 'a worker of the gateway hangs: ending it');
    this.#worker.process.kill('SIGKILL');
  }

  /** Let its viewers move, then end it, by force if that takes longer than `within`. */
  async end(within: Milliseconds): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (!worker) return;
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve;
    });
    this.send({ type: 'drain' });
    const impatience = setTimeout(() => worker.process.kill('SIGKILL'), within);
    await gone;
    clearTimeout(impatience);
  }

  #start(): void {
    const worker = cluster.fork({ TOPICAST_LOG_LEVEL: this.#logger.level });
    this.#worker = worker;
    this.#startedAt = now();
    this.#heardAt = now();
    worker.on('message', (message: ToPrimary) => {
      // The last messages of a dead worker may arrive after its end.
      if (this.#worker === worker) this.#receive(message);
    });
    worker.on('error', (error) => this.#logger.warn({ err: error }, 'a worker of the gateway'));
    worker.once('exit', (code, signal) => this.#onExit(code, signal));
  }

  #receive(message: ToPrimary): void {
    this.#heardAt = now();
    switch (message.type) {
      case 'hello':
        this.send(this.#isEnding ? { type: 'drain' } : this.#events.onStarted());
        break;
      case 'ready':
        this.isReady = true;
        this.#events.onReady(message.port);
        break;
      case 'failed':
        this.#events.onFailed(message.message);
        break;
      case 'counts':
        this.counts = unpackCounts(message.counts);
        this.#events.onCounts(this, message.counts);
        break;
      default:
        this.#events.onMessage(this, message);
    }
  }

  #onExit(code: number, signal: string): void {
    const pid = this.#worker?.process.pid;
    this.#worker = undefined;
    this.isReady = false;
    this.counts = NOBODY;
    this.#onGone?.();
    if (this.#isEnding) return;
    const lived = Milliseconds.sub(now(), this.#startedAt);
    const { deaths, delay } = restartAfter(this.#deaths, lived, Math.random());
    this.#deaths = deaths;
    this.#logger.warn(
      { pid, code, signal, delay: Math.round(delay) },
      'a worker of the gateway died: replacing it',
    );
    this.#events.onDied(this);
    this.#timer = setTimeout(() => this.#start(), delay);
  }
}
