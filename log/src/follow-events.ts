import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '@topicast/contracts/backoff';
import { milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { EventStart, EventTopics } from './chunk-log.js';
import { type EventDefinition, type LogEvent, openEvents } from './events.js';

const RETRY = milliseconds(5_000);

interface Follower<Event> {
  /** Where to begin; after a failure, reading goes on behind the last event. */
  readonly start: EventStart;
  /** A promise holds the reading back: the log keeps what waits. */
  readonly hear: (events: readonly LogEvent<Event>[]) => void | Promise<void>;
  readonly logger: Logger;
}

/** Read a topic of events until the signal aborts, whatever the log does meanwhile. */
export async function followEvents<Schema extends z.ZodType>(
  log: EventTopics,
  definition: EventDefinition<Schema>,
  { start, hear, logger }: Follower<z.output<Schema>>,
  signal: AbortSignal,
): Promise<void> {
  let from = start;
  const gone = aborted(signal);
  while (!signal.aborted) {
    try {
      const events = await Promise.race([openEvents(log, definition), gone]);
      for await (const batch of events.tail(from, signal)) {
        await hear(batch);
        from = { at: 'offset', offset: (batch.at(-1)?.offset ?? 0) + 1 };
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ topic: definition.name, err: error }, 'events cannot be read at present');
    }
    await sleep(jittered(RETRY, Math.random()), undefined, { signal }).catch(() => undefined);
  }
}

/** A log that does not answer does not hold up the end. */
function aborted(signal: AbortSignal): Promise<never> {
  const gone = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // Nobody may be waiting for it by then.
  gone.catch(() => undefined);
  return gone;
}
