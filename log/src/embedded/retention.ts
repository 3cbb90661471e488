import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { Topics } from './topics.js';

const SWEEP_EVERY_MS = 1_000;
/** Records removed in one transaction: well under a millisecond, so that no append waits for it. */
const STEP_RECORDS = 64;

/**
 * Removes what has expired, a little each second and in small steps, so that the file stays as large as the retention
 * asks for (LMDB uses freed pages again) and no append is held up.
 */
export class Retention {
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly topics: Topics,
    private readonly clock: () => Milliseconds,
    private readonly logger: Logger,
  ) {
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = undefined;
      });
    }, SWEEP_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    try {
      for (const step of this.#steps()) {
        while (!this.#stopped && step()) await nextTurn();
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'cannot remove expired chunks from the embedded log');
    }
  }

  /** Each step does a little and says whether there is more to do. */
  *#steps(): IterableIterator<() => boolean> {
    yield () => this.topics.emptyTrash(STEP_RECORDS);
    for (const { settings, partitions } of [...this.topics.all()]) {
      for (const partition of partitions) yield () => partition.retain(settings, this.clock(), STEP_RECORDS);
    }
  }
}
