import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '@topicast/contracts/backoff';
import { MOST_SYNC_DELAY, SYNC_FORGET_AFTER, SYNC_GROUP_PATTERN } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type EventDefinition, type Events, type EventTopics, openEvents } from '@topicast/log';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { GroupRow } from './groups.js';

/** A topic that cannot be opened takes no rows: more than these are not kept. */
const MOST_WAITING = 2_000;
const schema = z.object({
  process: z.string().max(64),
  group: z.string().regex(SYNC_GROUP_PATTERN),
  needs: z.number().min(0).max(MOST_SYNC_DELAY),
  members: z.number().int().min(0),
});
const NEEDS: EventDefinition<typeof schema> = {
  name: 'sync',
  schema,
  // They are worth something for seconds.
  retentionMs: milliseconds(3_600_000),
};
type Hear = (process: string, row: GroupRow, now: Milliseconds) => void;
const RETRY = milliseconds(5_000);
/** A log that does not answer is not waited for. */
const LAST_WORD_MS = 1_000;

/**
 * Tells the other processes about the groups here, and hears from them: those of this gateway and of every other one on
 * the same log, by a topic of events. The topic is opened when somebody here is in a group. Without it, the processes
 * go on, each for itself.
 */
export class OtherProcesses {
  readonly #log: EventTopics;
  readonly #logger: Logger;
  readonly #hear: Hear;
  readonly #id = randomUUID();
  readonly #closing = new AbortController();
  /** By group: the newest is enough. */
  readonly #waiting = new Map<string, GroupRow>();
  #running: Promise<void> | undefined;
  #appending: Promise<void> | undefined;
  #events: Events<typeof schema> | undefined;

  constructor(log: EventTopics, logger: Logger, hear: Hear) {
    this.#log = log;
    this.#logger = logger;
    this.#hear = hear;
  }

  publish(rows: readonly GroupRow[]): void {
    for (const row of rows) this.#waiting.set(row.group, row);
    // Whoever is still there says it again with the next round, and the rest is forgotten.
    if (this.#waiting.size > MOST_WAITING) this.#waiting.clear();
    this.#running ??= this.#run();
    void this.#append();
  }

  async close(): Promise<void> {
    await Promise.race([this.#append(), sleep(LAST_WORD_MS, undefined, { ref: false })]);
    this.#closing.abort();
    if (this.#events) await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#events = await openEvents(this.#log, NEEDS);
        void this.#append();
        await this.#listen(this.#events);
      } catch (error) {
        if (!signal.aborted)
          this.#logger.warn({ err: error }, 'groups of players: no word of other gateways');
      }
      await sleep(jittered(RETRY, Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #listen(events: Events<typeof schema>): Promise<void> {
    const time = Milliseconds.sub(Milliseconds.wallClock(), SYNC_FORGET_AFTER);
    for await (const batch of events.tail({ at: 'time', time }, this.#closing.signal)) {
      for (const { event } of batch) {
        const { process, needs, ...row } = event;
        if (process === this.#id) continue;
        this.#hear(process, { ...row, needs: milliseconds(needs) }, Milliseconds.now());
      }
    }
  }

  /** One at a time. What could not be written is said again with the next round. */
  #append(): Promise<void> {
    this.#appending ??= this.#appendAll().finally(() => {
      this.#appending = undefined;
    });
    return this.#appending;
  }

  async #appendAll(): Promise<void> {
    while (this.#events && this.#waiting.size > 0 && !this.#closing.signal.aborted) {
      const rows = [...this.#waiting.values()];
      this.#waiting.clear();
      try {
        await this.#events.append(
          rows.map((row) => ({ key: row.group, event: { process: this.#id, ...row } })),
        );
      } catch (error) {
        this.#logger.debug({ err: error }, 'groups of players: other gateways could not be told');
      }
    }
  }
}
