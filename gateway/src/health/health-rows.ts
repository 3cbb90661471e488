import { randomUUID } from 'node:crypto';
import { HEALTH_EVERY } from '@topicast/contracts/stream-health';
import { Milliseconds } from '@topicast/contracts/units';
import { EventOutbox, type EventTopics, HEALTH_ROWS } from '@topicast/log';
import type { Logger } from 'pino';
import type { Audience } from '../viewer/audience.js';
import { audienceFigures } from './audience-figures.js';

const MOST_ROWS = 2_000;

/** Tells the log what the viewers of this process have, stream by stream. */
export class HealthRows {
  readonly #audience: Audience;
  readonly #process = randomUUID();
  readonly #rows: EventOutbox<(typeof HEALTH_ROWS)['schema']>;
  readonly #timer: NodeJS.Timeout;

  constructor(log: EventTopics, audience: Audience, logger: Logger) {
    this.#audience = audience;
    this.#rows = new EventOutbox(log, HEALTH_ROWS, { logger, most: MOST_ROWS, whenAway: 'drop' });
    this.#timer = setInterval(() => this.#tick(), HEALTH_EVERY);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#rows.close();
  }

  #tick(): void {
    const now = Milliseconds.now();
    const rows = [...this.#audience.streams()].map((stream) => ({
      key: stream,
      event: {
        from: 'gateway' as const,
        process: this.#process,
        ...audienceFigures(this.#audience.of(stream), now),
      },
    }));
    this.#rows.add(...rows);
  }
}
