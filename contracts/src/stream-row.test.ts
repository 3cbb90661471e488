import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StreamId, streamId } from './stream-id.js';
import { changedRow, writeRow } from './stream-row.js';
import { StreamTables } from './stream-tables.js';
import { type StreamRow, streamRow } from './tables.js';
import { MemoryTable } from './testing/memory-table.js';
import type { KeyValueTable, TypedTable } from './typed-table.js';

const FILM = streamId('film');
const row = (change: Partial<StreamRow> = {}): StreamRow =>
  streamRow.parse({
    ...{ id: FILM, title: 'Film', source: { kind: 'test' }, enabled: true },
    ...{ createdAt: '2026-01-01T00:00:00Z', incarnation: 'a', version: 0 },
    ...change,
  });

const open = (streams: KeyValueTable) => new StreamTables({ streams, status: new MemoryTable() }).rows;
const titles = (...all: TypedTable<StreamId, StreamRow>[]) => all.map((each) => each.get(FILM)?.title);

/** A table that three processes share, and whose writes wait for their turn, so that several are on the way at once. */
function slowTable() {
  const log = new MemoryTable([[FILM, JSON.stringify(row())]]);
  const onTheWay: (() => Promise<void>)[] = [];
  const later = (write: () => Promise<void>) =>
    new Promise<void>((done) => onTheWay.push(() => write().then(done)));
  const slow: KeyValueTable = {
    get: (key) => log.get(key),
    entries: () => log.entries(),
    onChange: (listener) => log.onChange(listener),
    delete: (key) => later(() => log.delete(key)),
    put: (key, value) => later(() => log.put(key, value)),
  };
  const arrive = async (which: number): Promise<void> => {
    const [write] = onTheWay.splice(which % onTheWay.length, 1);
    await write?.();
    for (let turn = 0; turn < 10; turn++) await undefined;
  };
  const allArrive = async (): Promise<void> => {
    while (onTheWay.length > 0) await arrive(0);
  };
  return { log, processes: [open(slow), open(slow), open(slow)], arrive, allArrive };
}

const change = fc.record({ do: fc.constant('change' as const), who: fc.nat(2) });
const arrival = fc.record({ do: fc.constant('arrive' as const), which: fc.nat(9) });
const numRuns = Number(process.env.TOPICAST_FUZZ_RUNS ?? 500);

describe('changes of a stream', () => {
  it('that two processes make at the same time: the first one counts for both, and for whoever opens the table later', async () => {
    const table = new MemoryTable([[FILM, JSON.stringify(row())]]);
    const [one, other] = [open(table), open(table)];
    const before = one.get(FILM)!;
    const change = (title: string) => changedRow(before, { ...before, title });
    expect(await writeRow(one, change('first'))).toBe(true);
    expect(await writeRow(other, change('second'))).toBe(false);
    expect(titles(one, other, open(table))).toEqual(['first', 'first', 'first']);
    expect(one.get(FILM)).toMatchObject({ version: 1, restored: 1 });
    const next = changedRow(one.get(FILM)!, { ...before, title: 'third' });
    expect(next).not.toHaveProperty('restored');
    expect(await writeRow(other, next)).toBe(true);
    expect(titles(one, open(table))).toEqual(['third', 'third']);
  });

  it('of programs that do not count them count whenever they come', async () => {
    const table = new MemoryTable([[FILM, JSON.stringify(row({ version: 9 }))]]);
    const rows = open(table);
    const { version: _, ...uncounted } = row({ title: 'uncounted' });
    await table.put(FILM, JSON.stringify(uncounted));
    expect(titles(rows, open(table))).toEqual(['uncounted', 'uncounted']);
    expect(await writeRow(rows, changedRow(rows.get(FILM)!, row({ title: 'counted' })))).toBe(true);
    expect(rows.get(FILM)).toMatchObject({ title: 'counted', version: 1 });
  });

  it('that come after a newer one are late, although they were put back', async () => {
    const table = new MemoryTable();
    const rows = open(table);
    const first = changedRow(row(), row({ title: 'first' }));
    const second = changedRow(first, row({ title: 'second' }));
    for (const each of [row(), first, second, { ...first, restored: 1 }, { ...row(), restored: 2 }]) {
      await table.put(FILM, JSON.stringify(each));
    }
    expect(titles(rows)).toEqual(['second']);
    expect(rows.overwritten.has(FILM)).toBe(true);
  });

  it('are lost for none who was told that they count, whatever the delays on the way to the log and back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(change, arrival), { maxLength: 40 }), async (steps) => {
        const { log, processes, arrive, allArrive } = slowTable();
        const told: Promise<string[]>[] = [];
        for (const [n, each] of steps.entries()) {
          if (each.do === 'arrive') {
            await arrive(each.which);
            continue;
          }
          const rows = processes[each.who]!;
          const before = rows.get(FILM)!;
          // Each title names all changes before it.
          const title = `${before.title} ${n}`;
          told.push(
            writeRow(rows, changedRow(before, { ...before, title })).then((counts) =>
              counts ? [`${n}`] : [],
            ),
          );
        }
        await allArrive();
        const counted = (await Promise.all(told)).flat();
        const last = titles(...processes, open(log));
        expect(new Set(last).size).toBe(1);
        expect(last[0]!.split(' ').slice(1).sort()).toEqual(counted.sort());
      }),
      { numRuns },
    );
  });

  it('bring it back for nobody once its deletion is in the log, whatever is on the way then', async () => {
    const deletion = fc.record({ do: fc.constant('delete' as const), who: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(change, arrival, deletion), { maxLength: 40 }), async (steps) => {
        const { log, processes, arrive, allArrive } = slowTable();
        let isDeleted = false;
        log.onChange((_, value) => {
          isDeleted ||= value === undefined;
          if (isDeleted) expect(titles(...processes)).toEqual([undefined, undefined, undefined]);
        });
        const told: Promise<boolean>[] = [];
        for (const each of steps) {
          const rows = processes[each.do === 'arrive' ? 0 : each.who]!;
          const before = rows.get(FILM);
          if (each.do === 'arrive') await arrive(each.which);
          else if (each.do === 'delete') void rows.delete(FILM);
          else if (before) told.push(writeRow(rows, changedRow(before, before)));
        }
        await allArrive();
        await Promise.all(told);
        // The table may have a late row now, and whoever still knows that it is late removes it.
        const isKept = open(log).get(FILM) !== undefined;
        if (isDeleted)
          expect(processes.map((rows) => rows.overwritten.has(FILM))).toEqual(Array(3).fill(isKept));
      }),
      { numRuns },
    );
  });
});
