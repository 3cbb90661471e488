import type { StreamRow } from '@topicast/contracts/tables';
import { describe, expect, it } from 'vitest';
import { declare } from './command-line.js';

const now = new Date('2026-01-02T03:04:05Z');
const row = (id: string, boundTo?: string): StreamRow => ({
  ...{ id, title: id, source: { kind: 'test' }, enabled: false, createdAt: '2020-01-01T00:00:00Z' },
  ...{ startCount: 3, visibility: 'unlisted', ...(boundTo && { boundTo }) },
});
const rows = (...list: StreamRow[]) => new Map(list.map((item) => [item.id, item]));
const context = { me: 'me', alive: new Set(['other']), now };

describe('declare', () => {
  it('declares the streams that are named, removes those that no longer are, and leaves the rest alone', () => {
    const before = rows(row('old', 'me'), row('demo', 'me'), row('cam'), row('x', 'other'));
    const inputs = [
      { id: 'demo', title: 'Demo', source: { kind: 'test' } as const },
      { id: 'film', source: { kind: 'file', path: '/a/b.mp4' } as const },
    ];
    expect(declare(inputs, before, context)).toEqual({
      put: [
        { ...row('demo', 'me'), title: 'Demo', enabled: true },
        {
          ...{ id: 'film', title: 'film', source: { kind: 'file', path: '/a/b.mp4' }, enabled: true },
          ...{ createdAt: now.toISOString(), startCount: 0, boundTo: 'me', visibility: 'public' },
        },
      ],
      remove: ['old'],
      conflicts: [],
    });
  });

  it('keeps what the table says about a stream and a command line cannot', () => {
    const kept = { incarnation: 'abc', owner: 'ann', visibility: 'private', startCount: 5 } as const;
    const before = rows({ ...row('demo', 'me'), ...kept });
    const { put } = declare([{ id: 'demo', source: { kind: 'test' } }], before, context);
    expect(put).toEqual([{ ...row('demo', 'me'), ...kept, enabled: true }]);
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
