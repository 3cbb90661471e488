import type { Logger } from 'pino';

const QUIET_MS = 1000;

type State = 'up' | 'down' | 'refused';

/**
 * Tells the operator when a broker goes away, when it comes back, and when the log is damaged: one line each, at most
 * one a second.
 */
export class Health {
  readonly #logger: Logger;
  readonly #brokers = new Map<string, { told: State; lastLine: number }>();
  #hasAnswered = false;

  #lastDamage = -QUIET_MS;
  #damages = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether any broker has ever answered. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  down(address: string, reason: string): void {
    this.#tell(address, 'down', () =>
      this.#logger.warn(`Kafka at ${address} does not answer (${reason}); trying until it does`),
    );
  }

  /**
   * The broker is there but does not let us in. Before any broker has answered, the first contact reports this by its
   * failure.
   */
  refused(address: string, reason: string): void {
    if (!this.#hasAnswered) return;
    this.#tell(address, 'refused', () => this.#logger.error(`Kafka at ${address}: ${reason}`));
  }

  up(address: string): void {
    this.#hasAnswered = true;
    this.#tell(address, 'up', () => this.#logger.info(`Kafka at ${address} answers again`));
  }

  /** Something in the log cannot be read and is skipped. */
  damaged(topic: string, partition: number, offset: number, reason: string): void {
    this.#damages += 1;
    if (performance.now() - this.#lastDamage < QUIET_MS) return;
    this.#lastDamage = performance.now();
    this.#logger.error(
      `"${topic}", partition ${partition}: the batch at offset ${offset} is damaged (${reason}) and was passed over, ` +
        `${this.#damages} so far`,
    );
  }

  #tell(address: string, state: State, line: () => void): void {
    const broker = this.#brokers.get(address) ?? { told: 'up', lastLine: -QUIET_MS };
    if (broker.told === state || performance.now() - broker.lastLine < QUIET_MS) return;
    this.#brokers.set(address, { told: state, lastLine: performance.now() });
    line();
  }
}
