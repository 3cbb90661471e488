import type { Logger } from 'pino';

const AT_MOST_EVERY_MS = 1_000;

/** Logs lost chunks and access units, at most once a second, with the sum since the previous line. */
export class LossReport {
  readonly #logger: Logger;
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(chunks: number): void {
    this.#lost += chunks;
    this.#timer ??= setTimeout(() => this.#write(), AT_MOST_EVERY_MS).unref();
  }

  #write(): void {
    this.#logger.warn({ chunks: this.#lost }, 'chunks are missing in the log, or damaged');
    this.#lost = 0;
    this.#timer = undefined;
  }
}
