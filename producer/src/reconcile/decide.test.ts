import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, fingerprint, type View } from './decide.js';

const row = (change: Partial<StreamRow> = {}): StreamRow => ({
  ...{ id: 'a', title: 'a', source: { kind: 'test' }, enabled: true, createdAt: '2026-01-01T00:00:00Z' },
  ...{ startCount: 0, declaredBy: 'api' },
  ...change,
});
const status = (change: Partial<StreamStatus> = {}): StreamStatus => ({
  ...{ producer: 'me', state: 'live', encoderLog: [], restarts: 0, droppedChunks: 0 },
  ...change,
});
const view = (change: Partial<View>): View => ({
  ...{ me: 'me', rows: new Map(), statuses: new Map(), alive: new Set<string>(), running: new Map() },
  ...change,
});

describe('decide', () => {
  const rows = new Map([['a', row()]]);

  it('leaves a stream to the producer that has it, and takes it over when that one falls silent', () => {
    const statuses = new Map([['a', status({ producer: 'other' })]]);
    expect(decide(view({ rows, statuses, alive: new Set(['other']) }))).toEqual([]);
    expect(decide(view({ rows, statuses }))).toEqual([{ do: 'start', id: 'a', row: row() }]);
  });

  it('gives way to the producer that took its stream over while it was asleep', () => {
    const statuses = new Map([['a', status({ producer: 'other' })]]);
    const running = new Map([['a', fingerprint(row())]]);
    expect(decide(view({ rows, statuses, running, alive: new Set(['other']) }))).toEqual([
      { do: 'stop', id: 'a', because: 'taken' },
    ]);
  });

  it('leaves what another command line declared alone for ever', () => {
    const theirs = new Map([['a', row({ declaredBy: 'command:other' })]]);
    expect(decide(view({ rows: theirs }))).toEqual([]);
    expect(decide(view({ rows: new Map([['a', row({ declaredBy: 'command:me' })]]) }))).toHaveLength(1);
  });

  it('begins anew after another start by hand, and for another source', () => {
    const running = new Map([['a', fingerprint(row())]]);
    for (const changed of [row({ startCount: 1 }), row({ source: { kind: 'url', url: 'srt://x:1' } })]) {
      expect(decide(view({ rows: new Map([['a', changed]]), running }))).toEqual([
        { do: 'stop', id: 'a', because: 'changed' },
      ]);
    }
  });

  it('puts right what a killed producer left behind', () => {
    const statuses = new Map([['a', status()]]);
    const disabled = new Map([['a', row({ enabled: false })]]);
    expect(decide(view({ rows: disabled, statuses }))).toEqual([{ do: 'release', id: 'a' }]);
    expect(decide(view({ statuses }))).toEqual([{ do: 'forget', id: 'a' }]);
  });

  it('comes to rest with every wanted stream on exactly one living producer', () => {
    const producers = ['p', 'q', 'r'];
    const name = fc.constantFrom(...producers, 'dead');
    const aRow = fc.record({
      enabled: fc.boolean(),
      kind: fc.constantFrom('test' as const, 'topic' as const),
      declaredBy: fc.oneof(
        fc.constant('api'),
        name.map((id) => `command:${id}`),
      ),
    });
    const aStatus = fc.record({
      producer: name,
      state: fc.constantFrom('offline', 'starting', 'live', 'failed'),
    });
    const world = fc.record({
      rows: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), aRow),
      statuses: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), aStatus),
      order: fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }),
    });
    fc.assert(
      fc.property(world, ({ rows: wanted, statuses: known, order }) => {
        const table = new Map(
          Object.entries(wanted).map(([id, { enabled, kind, declaredBy }]) => [
            id,
            row({ id, enabled, source: { kind }, declaredBy }),
          ]),
        );
        const statuses = new Map(
          Object.entries(known).map(([id, some]) => [id, status(some as StreamStatus)]),
        );
        const running = new Map(producers.map((id) => [id, new Map<string, string>()]));
        const step = (me: string): number => {
          const alive = new Set(producers.filter((id) => id !== me));
          const mine = running.get(me)!;
          const actions = decide({ me, rows: table, statuses, alive, running: mine });
          for (const action of actions) {
            if (action.do === 'start') {
              mine.set(action.id, fingerprint(action.row));
              statuses.set(action.id, status({ producer: me }));
            } else if (action.do === 'stop') mine.delete(action.id);
            else if (action.do === 'forget') statuses.delete(action.id);
            else statuses.set(action.id, status({ producer: me, state: 'offline' }));
          }
          return actions.length;
        };
        for (const turn of order) step(producers[turn]!);
        for (const producer of [...producers, ...producers]) step(producer);
        expect(producers.map(step)).toEqual([0, 0, 0]);
        for (const [id, { enabled, source, declaredBy }] of table) {
          const owner = declaredBy.startsWith('command:') ? declaredBy.slice(8) : undefined;
          const possible = owner === undefined || producers.includes(owner);
          const holders = producers.filter((producer) => running.get(producer)!.has(id));
          // A living producer that holds a row it does not run any more puts that right by itself first.
          const expected = enabled && source.kind !== 'topic' && possible ? 1 : 0;
          expect(holders).toHaveLength(expected);
          if (owner !== undefined && expected) expect(holders).toEqual([owner]);
        }
      }),
    );
  });
});
