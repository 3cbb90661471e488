import { PRODUCER_SILENCE_MS, producerHeartbeat, producerKey } from '@topicast/contracts/tables';
import type { Table } from '@topicast/log';
import type { Logger } from 'pino';

const PREFIX = producerKey('');
const EVERY_MS = PRODUCER_SILENCE_MS / 3;

/** This producer's sign of life, and those of the others. */
export class Heartbeats {
  /** When each was last heard of, by this process's monotonic clock: others' wall clocks may be wrong. */
  readonly #heard = new Map<string, { readonly at: number; readonly leaving: boolean }>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #written = new Set<string>();
  #writing: Promise<void> | undefined;
  #leaving = false;

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
    return new Set(this.#lately().map(([id]) => id));
  }

  /** Whether another producer is alive and stays. */
  get hasSuccessor(): boolean {
    return this.#lately().some(([, { leaving }]) => !leaving);
  }

  /** Tell the others not to wait for us to take anything over. */
  leave(): void {
    this.#leaving = true;
    this.#beat();
  }

  /** The last sign: this producer is gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#writing;
    await this.table.delete(producerKey(this.me));
  }

  #lately(): [id: string, heard: { readonly at: number; readonly leaving: boolean }][] {
    const now = performance.now();
    return [...this.#heard].filter(([, { at }]) => now - at < PRODUCER_SILENCE_MS);
  }

  #beat(): void {
    if (this.#writing) return;
    const value = JSON.stringify({ at: new Date().toISOString(), ...(this.#leaving && { leaving: true }) });
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
      const { age, leaving } = read(value);
      this.#heard.set(id, { at: performance.now() - (atOpening ? age : 0), leaving });
    }
  }

  #complainOfNamesake(): void {
    this.logger.error(
      `another producer calls itself "${this.me}" too: give each its own TOPICAST_PRODUCER_ID, or both will encode the same streams`,
    );
  }
}

/** What was there before us is judged by its own clock; a clock ahead of ours counts as now. */
function read(value: string): { age: number; leaving: boolean } {
  try {
    const { at, leaving } = producerHeartbeat.parse(JSON.parse(value));
    return { age: Math.max(0, Date.now() - Date.parse(at)), leaving };
  } catch {
    return { age: Number.POSITIVE_INFINITY, leaving: false };
  }
}
