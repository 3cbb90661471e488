import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EventStart, EventTopics } from '../chunk-log.js';
import { type EventDefinition, type Events, type LogEvent, openEvents } from '../events.js';
import { expectCode, newStream } from './support.js';

const schema = z.object({
  kind: z.enum(['began', 'ended']),
  stream: z.string(),
  viewers: z.number().int().default(0),
});
type Schema = typeof schema;

const definition = (name = `contract.${newStream()}`): EventDefinition<Schema> => ({
  name,
  schema,
  retentionMs: milliseconds(3_600_000),
});

const began = (n: number) => ({ key: `film-${n}`, event: { kind: 'began', stream: `film-${n}` } as const });

async function take(events: Events<Schema>, start: EventStart, count: number) {
  const stop = new AbortController();
  const taken: LogEvent<z.output<Schema>>[] = [];
  for await (const batch of events.tail(start, stop.signal)) {
    taken.push(...batch);
    if (taken.length >= count) stop.abort();
  }
  return taken;
}

const keys = (events: readonly { readonly key: string | undefined }[]) => events.map(({ key }) => key);

/** Events beside chunks: keyed, checked, and read from anywhere. */
export function describeEvents(log: () => EventTopics): void {
  describe('events', () => {
    it('are read as they were written, in one order, with their keys and what their schema adds', async () => {
      const events = await openEvents(log(), definition());
      expect(await events.append([began(0), { event: { kind: 'ended', stream: 'ü', viewers: 7 } }])).toBe(0);
      const appends = await Promise.all([2, 3, 4, 5].map((n) => events.append([began(n)])));
      expect(appends).toEqual([2, 3, 4, 5]);
      const read = await take(events, { at: 'earliest' }, 6);
      expect(read.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(read.slice(0, 3).map(({ key, event }) => [key, event])).toEqual([
        ['film-0', { kind: 'began', stream: 'film-0', viewers: 0 }],
        [undefined, { kind: 'ended', stream: 'ü', viewers: 7 }],
        ['film-2', { kind: 'began', stream: 'film-2', viewers: 0 }],
      ]);
      expect(Math.abs(read[0]!.timestamp - Date.now())).toBeLessThan(60_000);
      expect(events.damaged).toBe(0);
    });

    it('are tailed from the earliest, from now, from an offset and from a time', async () => {
      const events = await openEvents(log(), definition());
      await events.append([began(0), began(1)]);
      const [, second] = await take(events, { at: 'earliest' }, 2);
      await new Promise((resolve) => setTimeout(resolve, 30));
      await events.append([began(2), began(3)]);
      expect(keys(await take(events, { at: 'offset', offset: 1 }, 3))).toEqual([
        'film-1',
        'film-2',
        'film-3',
      ]);
      const time = milliseconds(second!.timestamp + 1);
      expect(keys(await take(events, { at: 'time', time }, 2))).toEqual(['film-2', 'film-3']);

      const live = take(events, { at: 'live' }, 1);
      let next = 100;
      const writing = setInterval(() => void events.append([began(next++)]), 20);
      const [first] = await live.finally(() => clearInterval(writing));
      expect(first!.offset).toBeGreaterThanOrEqual(4);
    });

    it('that do not fit the schema cannot be written, and where they are there cost themselves alone', async () => {
      const { name, retentionMs } = definition();
      const events = await openEvents(log(), definition(name));
      const wrong = { event: { kind: 'paused', stream: 'film' } } as unknown as ReturnType<typeof began>;
      await expectCode('invalid', events.append([began(0), wrong]));
      await expectCode('invalid', events.append([]));
      const anything = await log().eventTopic(name, { retentionMs });
      await anything.append([
        { key: 'a', json: '{"kind":"began"' },
        { key: undefined, json: '' },
        { key: 'b', json: '{"kind":"paused","stream":"film"}' },
      ]);
      await events.append([began(1)]);
      expect(await take(events, { at: 'earliest' }, 1)).toMatchObject([{ key: 'film-1', offset: 3 }]);
      expect(events.damaged).toBe(3);
    });

    it('are forgotten after the newest retention asked for', { timeout: 120_000 }, async () => {
      const { name } = definition();
      const events = await openEvents(log(), definition(name));
      await events.append([began(0), began(1)]);
      await openEvents(log(), { ...definition(name), retentionMs: milliseconds(2_000) });
      const firstOffset = async (): Promise<number> => {
        await events.append([began(2)]);
        return (await take(events, { at: 'earliest' }, 1))[0]!.offset;
      };
      await expect.poll(firstOffset, { timeout: 100_000, interval: 1_000 }).toBeGreaterThanOrEqual(2);
    });

    it('refuse names that cannot be, and are neither streams nor tables', async () => {
      await expectCode('invalid', openEvents(log(), definition('../etc')));
      await expectCode('invalid', openEvents(log(), definition('')));
    });
  });
}
