import { streamId } from '@topicast/contracts/stream-id';
import { changedRow, putBack } from '@topicast/contracts/stream-row';
import { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RowRepairs } from './row-repairs.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const FILM = streamId('film');
const created = (incarnation: string, title = incarnation) =>
  JSON.stringify({
    ...{ id: FILM, title, incarnation, source: { kind: 'test' } },
    ...{ enabled: true, createdAt: '2026-01-01T00:00:00Z' },
  });

/** What a gateway knows of the table from now on. */
function openGateway(table: MemoryTable, isBeingDeleted = () => false) {
  const { rows } = new StreamTables({ streams: table, status: new MemoryTable() });
  const repairs = new RowRepairs({ rows, isBeingDeleted, logger: pino({ enabled: false }) });
  return { rows, repairs, shown: () => rows.get(FILM)?.incarnation };
}

const inTable = (table: MemoryTable): unknown => JSON.parse(table.get(FILM) ?? 'null')?.incarnation;

describe('a change that came after the deletion of its stream', () => {
  it('is removed by any gateway, but no new stream is', async () => {
    const [late, deleting, again] = Array.from({ length: 3 }, () => new MemoryTable()) as [
      MemoryTable,
      MemoryTable,
      MemoryTable,
    ];
    openGateway(late);
    openGateway(deleting, () => true);
    openGateway(again);
    for (const table of [late, deleting, again]) {
      await table.put(FILM, created('first'));
      await table.delete(FILM);
      await table.put(FILM, created('first', 'late'));
    }
    const mistaken = [openGateway(late), openGateway(again)];
    expect(mistaken.map(({ shown }) => shown())).toEqual(['first', 'first']);
    await again.put(FILM, created('second'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([late, deleting, again].map(inTable)).toEqual([undefined, 'first', 'second']);
    expect(mistaken.map(({ shown }) => shown())).toEqual([undefined, 'second']);
  });
});

describe('the row of a stream that two clients created at once', () => {
  it('is put back by any gateway if the loser dies, and counts for gateways that know only the loser', async () => {
    const table = new MemoryTable();
    const early = openGateway(table);
    await table.put(FILM, created('first'));
    await table.put(FILM, created('second'));
    const late = openGateway(table);
    expect([early.shown(), late.shown(), inTable(table)]).toEqual(['first', 'second', 'second']);
    const put = vi.spyOn(table, 'put');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([early.shown(), late.shown(), inTable(table)]).toEqual(['first', 'first', 'first']);
    expect(put).toHaveBeenCalledTimes(1);
    expect(openGateway(table).shown()).toBe('first');
  });

  it('is tried again after a failure, but not put back over a deletion, nor by a gateway that has closed', async () => {
    const conflict = async (table: MemoryTable) => {
      await table.put(FILM, created('first'));
      await table.put(FILM, created('second'));
    };
    const [failing, deleted, deleting, closed] = Array.from({ length: 4 }, () => new MemoryTable()) as [
      MemoryTable,
      MemoryTable,
      MemoryTable,
      MemoryTable,
    ];
    openGateway(failing);
    openGateway(deleted);
    openGateway(deleting, () => true);
    const { repairs } = openGateway(closed);
    for (const table of [failing, deleted, deleting, closed]) await conflict(table);
    vi.spyOn(failing, 'put').mockRejectedValueOnce(new Error('away'));
    await deleted.delete(FILM);
    repairs.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([failing, deleted, deleting, closed].map(inTable)).toEqual([
      ...['first', undefined, 'second', 'second'],
    ]);
  });

  it('is the same for all gateways in the end, whenever they started and whatever they changed', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('create' as const), incarnation: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('open' as const) }),
      // An operator changes what a gateway shows; two may do so at the same time.
      fc.record({
        do: fc.constant('rename' as const),
        gateways: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
      }),
      // So does a program that does not count its changes.
      fc.record({ do: fc.constant('rewrite' as const), gateway: fc.nat(5) }),
      fc.record({ do: fc.constant('delete' as const) }),
      // A change or a repair of any row that there was reaches the log only now.
      fc.record({ do: fc.constant('straggle' as const), which: fc.nat(), putBack: fc.boolean() }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const table = new MemoryTable();
        const gateways = [openGateway(table)];
        let changes = 0;
        const wasShown: StreamRow[] = [];
        const deleted = new Set<string | undefined>();
        gateways[0]!.rows.onChange((_, row) => row && wasShown.push(row));
        for (const each of steps) {
          if (each.do === 'create') {
            // No two creations have the same.
            if (!deleted.has(each.incarnation)) await table.put(FILM, created(each.incarnation));
          } else if (each.do === 'delete') {
            deleted.add(gateways[0]!.shown());
            await table.delete(FILM);
          } else if (each.do === 'straggle') {
            const row = wasShown[each.which % wasShown.length];
            if (row) {
              const changed = changedRow(row, { ...row, title: 'straggler' });
              await table.put(FILM, JSON.stringify(each.putBack ? putBack(row, row) : changed));
            }
          } else if (each.do === 'open') gateways.push(openGateway(table));
          else if (each.do === 'wait') await vi.advanceTimersByTimeAsync(each.ms);
          else if (each.do === 'rewrite') {
            const { version: _, ...row } = gateways[each.gateway % gateways.length]!.rows.get(FILM) ?? {};
            if ('id' in row) await table.put(FILM, JSON.stringify({ ...row, title: 'rewritten' }));
          } else {
            const shown = each.gateways.map((n) => gateways[n % gateways.length]!.rows.get(FILM));
            for (const [n, row] of shown.entries()) {
              if (row)
                await table.put(FILM, JSON.stringify(changedRow(row, { ...row, title: `${changes} ${n}` })));
              changes += 1;
            }
          }
        }
        await vi.advanceTimersByTimeAsync(60_000);
        expect(vi.getTimerCount()).toBe(0);
        const rows = gateways.map(({ rows }) => JSON.stringify(rows.get(FILM)));
        expect(new Set([...rows, JSON.stringify(openGateway(table).rows.get(FILM))]).size).toBe(1);
        deleted.delete(undefined);
        expect(deleted).not.toContain(gateways[0]!.shown());
        for (const { repairs } of gateways) repairs.close();
      }),
    );
  });
});
