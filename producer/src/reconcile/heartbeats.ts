import { PRODUCER_SILENCE_MS, producerHeartbeat, producerKey } from '@topicast/contracts/tables';
import type { Table } from '@topicast/log';
import type { Logger } from 'pino';

const PREFIX = producerKey('');
const EVERY_MS = PRODUCER_SILENCE_MS / 3;

/** This producer's sign of life, and those of the others. */
export class Heartbeats {
  /** When each was last heard of, by this process's monotonic clock: others' wall clocks may be wrong. */
  readonly #heard = new Map<string, number>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #written = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(
    private readonly table: Table,
    private readonly me: string,
    private readonly logger: Logger,
  ) {
    for (const [key, value] of table.entries()) this.#note(key, value, true);
    this.#stopListening = table.onChange((key, value) => this.#note(key, value, false));
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), EVERY_MS);
  }

  /** The other producers that are alive. */
  alive(): Set<string> {
    const now = performance.now();
    return new Set([...this.#heard].filter(([, at]) => now - at < PRODUCER_SILENCE_MS).map(([id]) => id));
  }

  /** Leave in order. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#writing;
    await this.table.delete(producerKey(this.me));
  }

  #beat(): void {
    if (this.#writing) return;
    const value = JSON.stringify({ at: new Date().toISOString() });
    this.#written = new Set([...this.#written, value].slice(-4));
    this.#writing = this.table
      .put(producerKey(this.me), value)
      .catch((error: unknown) => this.logger.debug({ error }, 'the heartbeat could not be written'))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  #note(key: string, value: string | undefined, atOpening: boolean): void {
    if (!key.startsWith(PREFIX)) return;
    const id = key.slice(PREFIX.length);
    if (id === this.me) {
      if (!atOpening && value !== undefined && !this.#written.has(value)) this.#complainOfNamesake();
    } else if (value === undefined) {
      this.#heard.delete(id);
    } else {
      this.#heard.set(id, performance.now() - (atOpening ? ageOf(value) : 0));
    }
  }

  #complainOfNamesake(): void {
    this.logger.error(
      `another producer calls itself "${this.me}" too: give each its own TOPICAST_PRODUCER_ID, or both will encode the same streams`,
    );
  }
}

/** What was there before us is judged by its own clock; a clock ahead of ours counts as now. */
function ageOf(value: string): number {
  try {
    const heartbeat = producerHeartbeat.parse(JSON.parse(value));
    return Math.max(0, Date.now() - Date.parse(heartbeat.at));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
