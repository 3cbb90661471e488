import type { LogEntry } from 'kafkajs';
import type { Logger } from 'pino';

const QUIET_MS = 1_000;

/** Tells the operator, in one line each, that Kafka is away and that it is back: at most once a second. */
export class Outage {
  #awaySince: number | undefined;
  #said = false;
  #lastLine = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly logger: Logger,
    private readonly brokers: string,
  ) {}

  failed(error: unknown): void {
    const now = performance.now();
    this.#awaySince ??= now;
    if (this.#said || now - this.#lastLine < QUIET_MS) return;
    this.#said = true;
    this.#lastLine = now;
    this.logger.warn(
      `Kafka at ${this.brokers} does not answer (${(error as Error).message}): waiting for it`,
    );
  }

  answered(): void {
    if (this.#awaySince === undefined) return;
    const away = performance.now() - this.#awaySince;
    this.#awaySince = undefined;
    if (!this.#said) return;
    this.#said = false;
    this.#lastLine = performance.now();
    this.logger.info(`Kafka at ${this.brokers} answers again after ${(away / 1000).toFixed(1)} s`);
  }
}

/** kafkajs reports each failed connection as an error of its own; what matters is said by `Outage`. */
export const quietly =
  (logger: Logger) =>
  () =>
  ({ namespace, log: { message, timestamp: _, logger: __, ...details } }: LogEntry): void =>
    logger.debug(details, `kafkajs ${namespace}: ${message}`);
