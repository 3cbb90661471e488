import type { Logger } from 'pino';

const QUIET_MS = 1000;

/** Tells the operator when a broker goes away and when it is back: a line for each, at most one a second. */
export class Health {
  readonly #brokers = new Map<string, { told: 'up' | 'down'; lastLine: number }>();

  constructor(private readonly logger: Logger) {}

  down(address: string, reason: string): void {
    this.#tell(address, 'down', () =>
      this.logger.warn(`Kafka at ${address} does not answer (${reason}); trying until it does`),
    );
  }

  up(address: string): void {
    this.#tell(address, 'up', () => this.logger.info(`Kafka at ${address} answers again`));
  }

  #tell(address: string, state: 'up' | 'down', line: () => void): void {
    const broker = this.#brokers.get(address) ?? { told: 'up', lastLine: -QUIET_MS };
    if (broker.told === state || performance.now() - broker.lastLine < QUIET_MS) return;
    this.#brokers.set(address, { told: state, lastLine: performance.now() });
    line();
  }
}
