import { Liveness } from '@topicast/contracts/liveness';
import { producerKey } from '@topicast/contracts/tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { milliseconds } from '@topicast/contracts/units';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Heartbeats } from './heartbeats.js';

it('a heartbeat is a row of its own until the producer leaves, and a namesake is told of', async () => {
  const table = new MemoryTable();
  const clock = { monotonic: () => milliseconds(0), wall: () => milliseconds(0) };
  const liveness = new Liveness(table, clock);
  const lines: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => lines.push(line) });
  const heartbeats = new Heartbeats({ liveness, me: 'one', logger });
  expect(liveness.staying()).toEqual(new Set(['one']));
  await table.put(producerKey('two'), JSON.stringify({ at: '2026-01-01T00:00:00Z' }));
  expect([heartbeats.others(), heartbeats.hasSuccessor, lines]).toEqual([new Set(['two']), true, []]);

  await table.put(producerKey('one'), JSON.stringify({ at: '2026-01-01T00:00:00Z' }));
  expect(lines).toEqual([expect.stringContaining('another producer also calls itself \\"one\\"')]);
  // Its first heartbeat may still be on its way to the log.
  heartbeats.leave();
  await expect.poll(() => liveness.staying()).toEqual(new Set(['two']));
  await heartbeats.close();
  expect([...liveness.heartbeats.rows.keys()]).toEqual(['two']);
});
