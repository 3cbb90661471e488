import type { Logger } from 'pino';

const EVERY_MS = 60_000;

/** Counts what was found damaged and left out, and says so once a minute at most. */
export class DamageReport {
  readonly #logger: Logger;
  #records = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** One that a reader was not given. */
  record(): void {
    this.#records++;
    const now = performance.now();
    if (now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    this.#logger.warn(
      { records: this.#records },
      'damaged records of the embedded log were left out: viewers go on at the next keyframe',
    );
    this.#records = 0;
  }

  topic(stream: string): void {
    this.#logger.error(`the topic of stream "${stream}" has a damaged row: it begins anew`);
  }
}
