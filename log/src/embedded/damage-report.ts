import type { Logger } from 'pino';

const EVERY_MS = 60_000;

/** Counts the damaged records that were left out, and reports them at most once a minute. */
export class DamageReport {
  readonly #logger: Logger;
  #records = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A record that a reader did not get. */
  record(): void {
    this.#records++;
    const now = performance.now();
    if (now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    this.#logger.warn(
      { records: this.#records },
      'damaged records of the embedded log were left out: viewers continue at the next keyframe',
    );
    this.#records = 0;
  }

  topic(stream: string): void {
    this.#logger.error(`the topic of stream "${stream}" has a damaged row: it begins anew`);
  }
}
