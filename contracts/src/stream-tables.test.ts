import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Liveness } from './liveness.js';
import { type StreamId, streamId } from './stream-id.js';
import { StreamTables } from './stream-tables.js';
import { PRODUCER_SILENCE_MS, producerKey, streamStatusKey } from './tables.js';
import { MemoryTable } from './testing/memory-table.js';
import type { TypedTable } from './typed-table.js';
import { milliseconds } from './units.js';

const A = streamId('a');
const row = {
  id: 'a',
  title: 'A',
  source: { kind: 'test' },
  enabled: true,
  createdAt: '2026-01-01T00:00:00Z',
};
const status = (producer: string, session: number | undefined, state = 'live'): string =>
  JSON.stringify({ producer, state, session });

const open = (rows: ConstructorParameters<typeof MemoryTable>[0] = []) => {
  const table = new MemoryTable(rows);
  const damaged: string[] = [];
  const tables = new StreamTables({ streams: table, status: table }, (id) => damaged.push(id));
  return { table, tables, damaged };
};

describe('the rows of streams', () => {
  it('of version 0.1 are read as those of today', () => {
    const { tables } = open([
      ['a', JSON.stringify({ ...row, declaredBy: 'api' })],
      ['b', JSON.stringify({ ...row, id: 'b', declaredBy: 'command:studio-1', startCount: 3 })],
    ]);
    expect(tables.rows.get(A)).toEqual({ ...row, startCount: 0, visibility: 'public' });
    expect(tables.rows.get(streamId('b'))).toMatchObject({ boundTo: 'studio-1', startCount: 3 });
    expect(tables.rows.get(streamId('b'))).not.toHaveProperty('declaredBy');
  });

  it('that are damaged, or under another name, are not there, and cost no other row', () => {
    const { tables, damaged } = open([
      ['a', JSON.stringify(row)],
      ['b', '{"id":"b"'],
      ['c', JSON.stringify(row)],
      ['deleting/d', JSON.stringify({ at: row.createdAt })],
      ['deleting/e', '{'],
    ]);
    expect([...tables.rows.rows.keys()]).toEqual(['a']);
    expect([...tables.deletions.rows.keys()]).toEqual(['d']);
    expect(damaged).toEqual(['b', 'c', 'e']);
  });

  it('that become unreadable while the table is open stay as they were, until a tombstone', async () => {
    const { table, tables, damaged } = open([['a', JSON.stringify(row)]]);
    const changes: unknown[] = [];
    tables.rows.onChange((_, now) => changes.push(now?.title));
    // Damaged, of a version that has another kind of source, and under another name.
    const unreadable = ['{"id":"a"', JSON.stringify({ ...row, source: { kind: 'telepathy' } })];
    for (const text of [...unreadable, JSON.stringify({ ...row, id: 'b' })]) await table.put('a', text);
    expect(tables.rows.get(A)?.title).toBe('A');
    expect([damaged, changes]).toEqual([['a', 'a', 'a'], []]);
    await table.put('a', JSON.stringify({ ...row, title: 'A again' }));
    await table.put('a', '{');
    await table.delete('a');
    expect(tables.rows.get(A)).toBeUndefined();
    expect(changes).toEqual(['A again', undefined]);
  });
});

describe('a deleted stream', () => {
  it('does not come back by what was on its way, but its name is free', async () => {
    const { table, tables } = open();
    const put = (more: object) => table.put('a', JSON.stringify({ ...row, ...more }));
    const shown = () => tables.rows.get(A)?.title;
    await put({ incarnation: 'one', version: 3 });
    await put({ incarnation: 'two', version: 0 });
    await table.delete('a');
    const changes = [{ version: 4 }, { version: 4, restored: 1 }, { version: 3, restored: 7 }, {}];
    for (const change of changes) {
      for (const incarnation of ['one', 'two']) {
        await put({ ...change, incarnation });
        expect([shown(), tables.rows.overwritten.get(A)?.incarnation]).toEqual([undefined, incarnation]);
      }
    }
    await table.delete('a');
    expect(tables.rows.overwritten.size).toBe(0);
    await put({ incarnation: 'three', version: 0, title: 'Anew' });
    await put({ incarnation: 'one', version: 9, restored: 9, title: 'Late' });
    expect(shown()).toBe('Anew');
    // Rows of programs that do not say which creation they belong to count whenever they come.
    await table.delete('a');
    await put({ title: 'Uncounted' });
    expect(shown()).toBe('Uncounted');
  });

  it('of the same creation under another name, and the thousandth before, cost nothing', async () => {
    const { table, tables } = open();
    const put = (id: string, incarnation: string) =>
      table.put(id, JSON.stringify({ ...row, id, incarnation, version: 0 }));
    for (let n = 0; n <= 1_000; n += 1) {
      await put('a', `${n}`);
      await table.delete('a');
    }
    await put('b', '1000');
    await put('a', '0');
    expect([...tables.rows.rows.keys()]).toEqual(['b', 'a']);
    await table.delete('a');
    await put('a', '1000');
    expect(tables.rows.get(A)).toBeUndefined();
  });
});

describe('the status of a stream', () => {
  it('is never that of a lower session, which was late, until a tombstone ends it', async () => {
    const { table, tables } = open([[streamStatusKey('a'), status('one', 5)]]);
    const changes: unknown[] = [];
    const late: string[] = [];
    tables.statuses.onChange((_, now) => changes.push(now?.session));
    tables.statuses.onLate((id) => late.push(id));
    await table.put(streamStatusKey('a'), status('two', 9));
    await table.put(streamStatusKey('a'), status('one', 5));
    // A row without a session is even older; a row with the same session from another producer has lost the race.
    await table.put(streamStatusKey('a'), status('one', undefined));
    await table.put(streamStatusKey('a'), status('one', 9));
    expect(tables.statuses.get(A)).toMatchObject({ producer: 'two', session: 9 });
    expect([late, [...tables.statuses.overwritten.keys()]]).toEqual([['a', 'a', 'a'], ['a']]);
    await table.put(streamStatusKey('a'), status('two', 9, 'failed'));
    expect(tables.statuses.get(A)?.state).toBe('failed');
    expect(tables.statuses.overwritten.size).toBe(0);
    await table.delete(streamStatusKey('a'));
    await table.put(streamStatusKey('a'), status('one', 5));
    expect(changes).toEqual([9, 9, undefined, 5]);
  });

  it('that is damaged leaves the earlier one, because the encoder keeps running, and lets no late row in', async () => {
    const { table, tables } = open([[streamStatusKey('a'), status('two', 9)]]);
    await table.put(streamStatusKey('a'), '{');
    expect(tables.statuses.get(A)?.session).toBe(9);
    await table.put(streamStatusKey('a'), status('one', 5));
    expect(tables.statuses.get(A)?.session).toBe(9);
    // What is written over a late row may be of a newer version: nobody puts the old row back.
    expect([...tables.statuses.overwritten.keys()]).toEqual(['a']);
    await table.put(streamStatusKey('a'), '{');
    expect(tables.statuses.overwritten.size).toBe(0);
  });
});

describe('Liveness', () => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const beat = (ms: number, more = {}): string => JSON.stringify({ at: at(ms), ...more });

  it('judges rows that it finds by the time in them, and rows that arrive by the time of arrival', async () => {
    const now = { monotonic: 0, wall: 1_000_000 };
    const table = new MemoryTable([
      [producerKey('fresh'), beat(now.wall - 1_000)],
      [producerKey('old'), beat(now.wall - PRODUCER_SILENCE_MS)],
      [producerKey('ahead'), beat(now.wall + 3_600_000)],
      [producerKey('damaged'), '{'],
    ]);
    const liveness = new Liveness(table, {
      monotonic: () => milliseconds(now.monotonic),
      wall: () => milliseconds(now.wall),
    });
    expect([...liveness.alive()]).toEqual(['fresh', 'ahead']);
    // Its own clock is an hour late.
    await table.put(producerKey('old'), beat(now.wall - 3_600_000, { leaving: true }));
    expect([...liveness.alive()].sort()).toEqual(['ahead', 'fresh', 'old']);
    expect([...liveness.staying()]).toEqual(['fresh', 'ahead']);
    now.monotonic += PRODUCER_SILENCE_MS - 1_000;
    expect([...liveness.alive()].sort()).toEqual(['ahead', 'old']);
    await table.delete(producerKey('old'));
    expect(liveness.isAlive('old')).toBe(false);
    now.monotonic += 1_000;
    expect(liveness.isAlive('ahead')).toBe(false);
  });
});

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, -1, 1e300, '__proto__', '\ud800', 'command:x'),
);
const mostly = (valid: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: valid }, { weight: 1, arbitrary: odd });
const anyRow = fc.record(
  {
    ...{ id: mostly(fc.constant('a')), title: mostly(fc.string({ unit: 'binary' })) },
    source: mostly(fc.constantFrom<object>({ kind: 'test' }, { kind: 'device', path: '/dev/video0' })),
    ...{ enabled: mostly(fc.boolean()), createdAt: mostly(fc.constant(row.createdAt)) },
    ...{ startCount: mostly(fc.nat()), incarnation: mostly(fc.uuid()), restored: mostly(fc.nat()) },
    ...{ declaredBy: odd, boundTo: mostly(fc.string()), visibility: mostly(fc.constant('private')) },
  },
  { requiredKeys: ['id', 'title', 'source', 'enabled', 'createdAt'] },
);
const anyStatus = fc.record(
  {
    ...{ producer: mostly(fc.string()), state: mostly(fc.constantFrom('live', 'failed')) },
    ...{ session: mostly(fc.nat()), encoderLog: mostly(fc.array(fc.string())), restarts: mostly(fc.nat()) },
  },
  { requiredKeys: ['producer', 'state'] },
);

it('whatever the tables hold, what is shown of it can be written back, and nothing throws', async () => {
  const keys = fc.constantFrom('a', 'stream/a', 'deleting/a', 'producer/a', 'producer/', '__proto__');
  const texts = fc.oneof(
    fc.oneof(anyRow, anyStatus).map((each) => JSON.stringify(each)),
    fc.string(),
  );
  let shown = 0;
  const comesBack = async <Row>(before: Row | undefined, kind: TypedTable<StreamId, Row>) => {
    if (before === undefined) return;
    shown += 1;
    await kind.put(A, before);
    expect(kind.get(A)).toEqual(before);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, texts), { maxLength: 20 }), async (written) => {
      const { table, tables } = open();
      for (const [key, text] of written) await table.put(key, text);
      const { tables: others } = open();
      await comesBack(tables.rows.get(A), others.rows);
      await comesBack(tables.statuses.get(A), others.statuses);
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 500) },
  );
  expect(shown).toBeGreaterThan(0);
});
