import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { applyDeclaration, declare } from './command-line.js';

const now = new Date('2026-01-02T03:04:05Z');
const row = (id: string, boundTo?: string): StreamRow => ({
  ...{ id, title: id, source: { kind: 'test' }, enabled: false, createdAt: '2020-01-01T00:00:00Z' },
  ...{ startCount: 3, visibility: 'unlisted', ...(boundTo && { boundTo }) },
});
const rows = (...list: StreamRow[]) => new Map(list.map((item) => [item.id, item]));
const context = { me: 'me', alive: new Set(['other']), now, incarnation: 'new' };

describe('declare', () => {
  it('declares the streams that are named, removes those that no longer are, and leaves the rest alone', () => {
    const before = rows(row('old', 'me'), row('demo', 'me'), row('cam'), row('x', 'other'));
    const inputs = [
      { id: 'demo', title: 'Demo', source: { kind: 'test' } as const },
      { id: 'film', title: 'Film', source: { kind: 'file', path: '/a/b.mp4' } as const },
    ];
    expect(declare(inputs, before, context)).toEqual({
      put: [
        { ...row('demo', 'me'), enabled: true, version: 1 },
        {
          ...{ id: 'film', title: 'Film', source: { kind: 'file', path: '/a/b.mp4' }, enabled: true },
          ...{ createdAt: now.toISOString(), incarnation: 'new', version: 0, startCount: 0 },
          ...{ boundTo: 'me', visibility: 'public' },
        },
      ],
      remove: ['old'],
      conflicts: [],
    });
  });

  it('keeps what the table says about a stream and a command line cannot', () => {
    const kept: Partial<StreamRow> = {
      ...{ title: 'Renamed', incarnation: 'abc', owner: 'ann', visibility: 'private', startCount: 5 },
    };
    const before = { ...row('demo', 'me'), ...kept, version: 7, ladder: [{ height: 360 }] };
    const inputs = [{ id: 'demo', title: 'Demo', source: { kind: 'test' } as const }];
    const { put } = declare(inputs, rows({ ...before, restored: 1 }), context);
    expect(put).toEqual([{ ...row('demo', 'me'), ...kept, enabled: true, version: 8 }]);
    expect(declare(inputs, rows(put[0]!), context).put).toEqual(put);
  });

  it('keeps how an operator wants it encoded, as long as that goes with the source', () => {
    const encoding = { height: 360, sound: 'off' } as const;
    const before = rows({ ...row('demo', 'me'), encoding });
    const of = (more: object) => [{ id: 'demo', source: { kind: 'file', path: '/a' } as const, ...more }];
    expect(declare(of({}), before, context).put).toMatchObject([{ encoding }]);
    for (const more of [{ source: { kind: 'file', path: '/a', copy: true } }, { ladder: [{ height: 720 }] }])
      expect(declare(of(more), before, context).put[0]).not.toHaveProperty('encoding');
  });

  it('is made again where somebody changes a stream at the same time, and loses no change', async () => {
    const streams = new MemoryTable([['demo', JSON.stringify(row('demo', 'me'))]]);
    const tables = new StreamTables({ streams, status: new MemoryTable() });
    const theirs = { ...row('demo', 'me'), title: 'Renamed', version: 1 };
    const put = vi.spyOn(streams, 'put');
    put.mockImplementationOnce(async (id, mine) => {
      await streams.put(id, JSON.stringify(theirs));
      await streams.put(id, mine);
    });
    const inputs = [{ id: 'demo', source: { kind: 'test' } as const, ladder: [{ height: 360 }] }];
    await applyDeclaration(inputs, {
      ...{ me: 'me', log: { deleteTopic: async () => undefined }, tables, alive: () => new Set<string>() },
      logger: pino({ enabled: false }),
    });
    expect(tables.rows.get(streamId('demo'))).toMatchObject({
      ...{ title: 'Renamed', enabled: true, ladder: [{ height: 360 }], version: 2 },
    });
  });

  it("takes no name from the API or from a living producer's command line, but from a dead one's", () => {
    const inputs = ['a', 'b', 'c'].map((id) => ({ id, source: { kind: 'test' } as const }));
    const before = rows(row('a'), row('b', 'other'), row('c', 'dead'));
    const { put, conflicts } = declare(inputs, before, context);
    expect(put.map(({ id }) => id)).toEqual(['c']);
    expect(conflicts.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('refuses a name that is no stream id', () => {
    expect(() => declare([{ id: 'My Cam', source: { kind: 'test' } }], rows(), context)).toThrow(
      'is not a stream id',
    );
  });
});
