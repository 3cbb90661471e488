import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@topicast/contracts/backoff';
import { milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { type EventTopics, LogError } from './chunk-log.js';
import { type EventDefinition, type Events, type NewEvent, openEvents } from './events.js';
import { LossReport } from './loss-report.js';

const PAUSES = { first: milliseconds(500), longest: milliseconds(10_000) };
/** A log that does not answer is not waited for. */
const LAST_WORD_MS = 1_000;
/** Of one append: a broker takes a megabyte at once. */
const MOST_AT_ONCE = 200;

interface EventOutboxOptions {
  readonly logger: Logger;
  /** More events than these do not wait: the oldest are dropped, and counted. */
  readonly most: number;
  /** What becomes of events that the log does not take at once: `wait` for it, or `drop` what is soon out of date. */
  readonly whenAway: 'wait' | 'drop';
}

/**
 * Writes events in the background, in order, for callers that do not wait for the log. The topic is opened with the
 * first event.
 */
export class EventOutbox<Schema extends z.ZodType> {
  readonly #log: EventTopics;
  readonly #definition: EventDefinition<Schema>;
  readonly #options: EventOutboxOptions;
  readonly #closing = new AbortController();
  readonly #losses: LossReport;
  readonly #waiting: NewEvent<z.input<Schema>>[] = [];
  #events: Events<Schema> | undefined;
  #writing: Promise<void> | undefined;

  constructor(log: EventTopics, definition: EventDefinition<Schema>, options: EventOutboxOptions) {
    this.#log = log;
    this.#definition = definition;
    this.#options = options;
    const { logger } = options;
    this.#losses = new LossReport((events, reason) =>
      logger.warn({ topic: definition.name, events, reason }, 'events dropped'),
    );
  }

  add(...events: readonly NewEvent<z.input<Schema>>[]): void {
    if (this.#closing.signal.aborted || events.length === 0) return;
    this.#waiting.push(...events);
    const excess = this.#waiting.length - this.#options.most;
    if (excess > 0) {
      this.#waiting.splice(0, excess);
      this.#losses.add(excess, 'the log is too slow');
    }
    this.#writing ??= this.#write();
  }

  /** Resolves when everything is written, or after a short time. */
  async close(): Promise<void> {
    if (this.#writing) await Promise.race([this.#writing, sleep(LAST_WORD_MS, undefined, { ref: false })]);
    this.#closing.abort();
    this.#losses.add(this.#waiting.length, 'the process ended before they were written');
    this.#losses.close();
  }

  async #write(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; this.#waiting.length > 0 && !signal.aborted; ) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        this.#events ??= await openEvents(this.#log, this.#definition);
        await this.#events.append(batch);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.logger.debug(
          { topic: this.#definition.name, err: error },
          'events could not be written',
        );
        const isWrong = error instanceof LogError && error.code === 'invalid';
        const fitting = isWrong ? batch.filter((each) => this.#fits(each)) : batch;
        if (fitting.length < batch.length) {
          // One that is damaged costs only itself.
          this.#losses.add(batch.length - fitting.length, 'they do not fit the topic');
          this.#waiting.unshift(...fitting);
          continue;
        }
        if (this.#options.whenAway === 'wait' && !isWrong) this.#waiting.unshift(...batch);
        else this.#losses.add(batch.length, 'the log does not take them');
        const pause = pauseAfter(PAUSES, failures, Math.random());
        failures += 1;
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
    // At once: who adds the next event a moment later has to see that nobody writes.
    this.#writing = undefined;
  }

  #fits({ event }: NewEvent<z.input<Schema>>): boolean {
    return this.#definition.schema.safeParse(event).success;
  }
}
