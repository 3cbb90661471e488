import { milliseconds } from '@topicast/contracts/units';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type EventTopics, LogError, type NewEventRecord } from './chunk-log.js';
import { EventOutbox } from './event-outbox.js';

const NUMBERS = { name: 'numbers', schema: z.number().max(100), retentionMs: milliseconds(1_000) };

/** A log that may be away, and what it has taken. */
function logOf() {
  const taken: number[] = [];
  const state = { isAway: false, appends: 0 };
  const log: EventTopics = {
    eventTopic: async () => ({
      append: async (events: readonly NewEventRecord[]) => {
        state.appends += 1;
        if (state.isAway) throw new LogError('unavailable', 'away');
        taken.push(...events.map(({ json }) => Number(json)));
        return 0;
      },
      tail: () => {
        throw new Error('nobody reads');
      },
    }),
  };
  return { log, taken, state };
}
const quiet = pino({ enabled: false });
const numbers = (...values: number[]) => values.map((event) => ({ event }));

it('writes in order, and waits for a log that is away', async () => {
  const { log, taken, state } = logOf();
  state.isAway = true;
  const outbox = new EventOutbox(log, NUMBERS, { logger: quiet, most: 10, whenAway: 'wait' });
  outbox.add(...numbers(1, 2));
  await until('it has tried', () => state.appends > 0);
  outbox.add(...numbers(3));
  state.isAway = false;
  await until('all is there', () => taken.length === 3);
  expect(taken).toEqual([1, 2, 3]);
  await outbox.close();
});

it('drops what is out of date, and what is too much', async () => {
  const { log, taken, state } = logOf();
  state.isAway = true;
  const rows = new EventOutbox(log, NUMBERS, { logger: quiet, most: 2, whenAway: 'drop' });
  rows.add(...numbers(1));
  await until('it has tried', () => state.appends > 0);
  rows.add(...numbers(2, 3, 4));
  state.isAway = false;
  await until('the rest is there', () => taken.length > 0);
  expect(taken).toEqual([3, 4]);
  await rows.close();
});

it('is not held up by an event that does not fit', async () => {
  const { log, taken } = logOf();
  const outbox = new EventOutbox(log, NUMBERS, { logger: quiet, most: 10, whenAway: 'drop' });
  outbox.add(...numbers(1, 101, 2));
  await until('the others are there', () => taken.length === 2);
  expect(taken).toEqual([1, 2]);
  await outbox.close();
});

it('writes an event that comes at whatever moment the one before is written', async () => {
  // The write ends some microtasks after the log has answered; in between lies every other way to be missed.
  for (let microtasks = 0; microtasks < 12; microtasks += 1) {
    const { log, taken } = logOf();
    const topic = await log.eventTopic(NUMBERS.name, NUMBERS);
    let outbox: EventOutbox<typeof NUMBERS.schema> | undefined;
    const answer = (left: number): void => {
      if (left > 0) queueMicrotask(() => answer(left - 1));
      else outbox?.add(...numbers(2));
    };
    const append: typeof topic.append = async (events) => {
      const isFirst = taken.length === 0;
      await topic.append(events);
      if (isFirst) answer(microtasks);
      return 0;
    };
    const telling: EventTopics = { eventTopic: async () => ({ ...topic, append }) };
    outbox = new EventOutbox(telling, NUMBERS, { logger: quiet, most: 10, whenAway: 'wait' });
    outbox.add(...numbers(1));
    await until(`both are there, ${microtasks}`, () => taken.length === 2);
    await outbox.close();
  }
});
