import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { type StreamStatus, streamStatusKey } from '@topicast/contracts/tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StatusWriter } from './status-writer.js';

const A = streamId('a');
const KEY = streamStatusKey('a');
const of = (producer: string, session: number, state: StreamStatus['state'] = 'live'): StreamStatus => ({
  ...{ producer, session, state, notes: [], encoderLog: [], restarts: 0, droppedChunks: 0 },
});

/** A table whose writes take half a second, and what was written. */
class SlowTable extends MemoryTable {
  readonly written: StreamStatus[] = [];
  override async put(key: string, value: string): Promise<void> {
    this.written.push(JSON.parse(value));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await super.put(key, value);
  }
}

const setUp = (table: MemoryTable, mine: StreamStatus) => {
  const { statuses } = new StreamTables({ streams: new MemoryTable(), status: table });
  return { statuses, writer: new StatusWriter(statuses, A, mine, pino({ enabled: false })) };
};

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

it('writes a new state as soon as the write before is done, and anything else a second later', async () => {
  const table = new SlowTable();
  const { writer } = setUp(table, of('me', 5, 'starting'));
  await vi.advanceTimersByTimeAsync(100);
  writer.update({ state: 'live' });
  await vi.advanceTimersByTimeAsync(450);
  expect(table.written.map(({ state }) => state)).toEqual(['starting', 'live']);
  writer.update({ droppedChunks: 7 });
  await vi.advanceTimersByTimeAsync(900);
  expect(table.written).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(table.written.at(-1)?.droppedChunks).toBe(7);
  const closing = writer.close();
  await vi.advanceTimersByTimeAsync(1_000);
  await closing;
});

it('says nothing once another producer has a higher session', async () => {
  const table = new MemoryTable();
  const { writer } = setUp(table, of('me', 5));
  await vi.advanceTimersByTimeAsync(0);
  await table.put(KEY, JSON.stringify(of('other', 9)));
  writer.update({ state: 'failed' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(JSON.parse(table.get(KEY)!)).toMatchObject({ producer: 'other', session: 9 });
  await writer.close();
});

it('writes its row again if a late row or a late deletion has replaced it', async () => {
  const table = new MemoryTable();
  const { writer, statuses } = setUp(table, of('me', 9));
  await vi.advanceTimersByTimeAsync(0);
  await table.put(KEY, JSON.stringify(of('other', 5)));
  expect(statuses.get(A)?.producer).toBe('me');
  await vi.advanceTimersByTimeAsync(0);
  expect(JSON.parse(table.get(KEY)!)).toMatchObject({ producer: 'me', session: 9 });
  await table.delete(KEY);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(JSON.parse(table.get(KEY)!)).toMatchObject({ producer: 'me', session: 9 });
  await writer.close();
});
