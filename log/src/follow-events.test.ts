import { getEventListeners } from 'node:events';
import { milliseconds } from '@topicast/contracts/units';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type EventRecord, type EventStart, type EventTopics, LogError } from './chunk-log.js';
import { followEvents } from './follow-events.js';

const NUMBERS = { name: 'numbers', schema: z.number(), retentionMs: milliseconds(1_000) };
const quiet = pino({ enabled: false });

// Its pauses of five seconds are over at once.
vi.mock('node:timers/promises', () => ({
  setTimeout: () => new Promise((resolve) => setImmediate(resolve)),
}));

it('goes on behind the last event when the log was away, and keeps nothing of each attempt', async () => {
  const starts: EventStart[] = [];
  const isAway = () => attempts < 20;
  let attempts = 0;
  const record = (offset: number): EventRecord => ({
    ...{ offset, timestamp: milliseconds(0), key: undefined, json: String(offset) },
  });
  const log: EventTopics = {
    eventTopic: async () => {
      attempts += 1;
      if (isAway()) throw new LogError('unavailable', 'away');
      return {
        append: async () => 0,
        async *tail(start) {
          starts.push(start);
          yield [record(starts.length * 10)];
          throw new LogError('unavailable', 'away again');
        },
      };
    },
  };
  const heard: number[] = [];
  const stopping = new AbortController();
  const hear = (events: readonly { readonly event: number }[]) => {
    heard.push(...events.map(({ event }) => event));
  };
  const options = { start: { at: 'live' }, hear, logger: quiet } as const;
  const following = followEvents(log, NUMBERS, options, stopping.signal);
  await expect.poll(() => heard.length).toBeGreaterThan(1);
  expect(heard.slice(0, 2)).toEqual([10, 20]);
  expect(starts.slice(0, 2)).toEqual([{ at: 'live' }, { at: 'offset', offset: 11 }]);
  expect(getEventListeners(stopping.signal, 'abort').length).toBe(1);
  stopping.abort();
  await following;
});
