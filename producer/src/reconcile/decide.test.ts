import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, fingerprint, type Running, type View } from './decide.js';

const row = (change: Partial<StreamRow> = {}): StreamRow => ({
  ...{ id: 'a', title: 'a', source: { kind: 'test' }, enabled: true, createdAt: '2026-01-01T00:00:00Z' },
  ...{ startCount: 0, visibility: 'public' },
  ...change,
});
const status = (change: Partial<StreamStatus> = {}): StreamStatus => ({
  ...{ producer: 'me', state: 'live', notes: [], encoderLog: [], restarts: 0, droppedChunks: 0 },
  ...change,
});
const view = (change: Partial<View>): View => ({
  ...{ me: 'me', rows: new Map(), statuses: new Map(), alive: new Set<string>(), running: new Map() },
  publishing: new Set(),
  overwritten: new Set<string>(),
  share: { owns: () => true, confirmed: true },
  ...change,
});
const running = (session?: number, seenInTopic?: number, of = row()): ReadonlyMap<string, Running> =>
  new Map([[of.id, { fingerprint: fingerprint(of), session, seenInTopic }]]);
const nothing = { owns: () => false, confirmed: true };

describe('decide', () => {
  const rows = new Map([['a', row()]]);
  const theirs = new Map([['a', status({ producer: 'other', session: 7 })]]);
  const other = new Set(['other']);

  it('starts the streams that the group gives to this producer at once, even while another one still encodes them', () => {
    expect(decide(view({ rows, statuses: theirs, alive: other }))).toEqual([
      { do: 'start', id: 'a', row: row() },
    ]);
    expect(decide(view({ rows, statuses: theirs, alive: other, share: nothing }))).toEqual([]);
  });

  it('stops the streams that the group gives to another producer, and no others', () => {
    expect(decide(view({ rows, running: running(7), share: nothing }))).toEqual([
      { do: 'stop', id: 'a', because: 'moved' },
    ]);
    expect(decide(view({ rows, running: running(7) }))).toEqual([]);
  });

  it('an encoder that was overtaken while this producer hung begins anew, or ends where its claim is in doubt', () => {
    const overtaken = view({ rows, statuses: theirs, running: running(6), alive: other });
    expect(decide(overtaken)).toEqual([{ do: 'stop', id: 'a', because: 'overtaken' }]);
    const share = { owns: () => true, confirmed: false };
    expect(decide({ ...overtaken, share })).toEqual([{ do: 'stop', id: 'a', because: 'taken' }]);
    // And then it stays away while the other one is there.
    expect(decide({ ...overtaken, share, running: new Map() })).toEqual([]);
    expect(decide({ ...overtaken, share, running: new Map(), alive: new Set() })).toHaveLength(1);
    // The topic says the same, whatever the rows say.
    const seen = view({ rows, statuses: new Map([['a', status({ session: 6 })]]), running: running(6, 7) });
    expect(decide(seen)).toEqual([{ do: 'stop', id: 'a', because: 'overtaken' }]);
    // A late row of the previous producer says nothing about the successor.
    expect(decide({ ...overtaken, running: running(8) })).toEqual([]);
    expect(decide({ ...overtaken, running: running() })).toEqual([]);
  });

  it('keeps its encoders while the group is out of reach', () => {
    const share = { owns: () => true, confirmed: false };
    expect(decide(view({ rows, running: running(7), share }))).toEqual([]);
    expect(decide(view({ rows, share }))).toEqual([{ do: 'start', id: 'a', row: row() }]);
  });

  it('leaves what another command line declared alone for ever, and keeps its own whatever the group says', () => {
    const bound = new Map([['a', row({ boundTo: 'other' })]]);
    expect(decide(view({ rows: bound }))).toEqual([]);
    const own = row({ boundTo: 'me' });
    const mine = new Map([['a', own]]);
    expect(decide(view({ rows: mine, share: nothing }))).toEqual([{ do: 'start', id: 'a', row: own }]);
    expect(decide(view({ rows: mine, running: running(7, undefined, own), share: nothing }))).toEqual([]);
  });

  it('begins anew after another start by hand, for another source, ladder or encoding, but not for a title', () => {
    const renamed = new Map([['a', row({ title: 'b', version: 1 })]]);
    expect(decide(view({ rows: renamed, running: running(7) }))).toEqual([]);
    const source = { kind: 'url', url: 'srt://x:1' } as const;
    const others = [
      { startCount: 1 },
      { source },
      { ladder: [{ height: 360 }] },
      { encoding: { height: 360 } },
    ];
    for (const changed of others.map(row)) {
      expect(decide(view({ rows: new Map([['a', changed]]), running: running(7) }))).toEqual([
        { do: 'stop', id: 'a', because: 'changed' },
      ]);
    }
  });

  it('corrects what a killed producer left behind', () => {
    const disabled = new Map([['a', row({ enabled: false })]]);
    for (const producer of ['me', 'dead']) {
      const statuses = new Map([['a', status({ producer })]]);
      expect(decide(view({ rows: disabled, statuses }))).toEqual([
        { do: 'release', id: 'a', status: statuses.get('a') },
      ]);
      expect(decide(view({ statuses }))).toEqual([{ do: 'forget', id: 'a' }]);
    }
    // Another producer's leftovers are left to that producer.
    expect(decide(view({ rows: disabled, statuses: theirs, share: nothing }))).toEqual([]);
    expect(decide(view({ rows: disabled, statuses: theirs, alive: other }))).toEqual([]);
  });

  it('leaves streams to encoders that publish: starts none, keeps away while one is here, tidies up after it', () => {
    const source = { kind: 'ingest' as const };
    const rows = new Map([['a', row({ source })]]);
    const left = new Map([['a', status({ session: 7 })]]);
    expect(decide(view({ rows }))).toEqual([]);
    expect(decide(view({ rows, statuses: left, publishing: new Set(['a']) }))).toEqual([]);
    expect(decide(view({ rows, statuses: left }))).toEqual([
      { do: 'release', id: 'a', status: left.get('a') },
    ]);
    expect(decide(view({ rows, statuses: theirs, alive: other }))).toEqual([]);
    expect(decide(view({ rows, statuses: theirs }))).toEqual([
      { do: 'release', id: 'a', status: theirs.get('a') },
    ]);
    const cut = new Map([['a', status({ state: 'failed', problem: 'AV1' })]]);
    expect(decide(view({ rows, statuses: cut }))).toEqual([]);
    const stopped = new Map([['a', row({ source, enabled: false })]]);
    expect(decide(view({ rows: stopped, statuses: cut }))).toHaveLength(1);
  });

  it('comes to rest with every wanted stream on exactly one living producer, its owner', () => {
    const producers = ['p', 'q', 'r'];
    const ids = ['a', 'b', 'c', 'd'];
    const name = fc.constantFrom(...producers, 'dead');
    const aRow = fc.record({
      enabled: fc.boolean(),
      kind: fc.constantFrom('test' as const, 'topic' as const),
      boundTo: fc.oneof(fc.constant(undefined), name),
    });
    const aStatus = fc.record({
      producer: name,
      state: fc.constantFrom('offline', 'starting', 'live', 'failed'),
      session: fc.integer({ min: 1, max: 9 }),
    });
    const world = fc.record({
      rows: fc.dictionary(fc.constantFrom(...ids), aRow),
      statuses: fc.dictionary(fc.constantFrom(...ids), aStatus),
      /** Who owns each row, before a rebalance and after it. */
      owners: fc.array(fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 2 }),
      order: fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }),
    });
    fc.assert(
      fc.property(world, ({ rows: wanted, statuses: known, owners, order }) => {
        const table = new Map(
          Object.entries(wanted).map(([id, { enabled, kind, boundTo }]) => [
            id,
            row({ id, enabled, source: { kind }, boundTo }),
          ]),
        );
        const statuses = new Map(
          Object.entries(known).map(([id, some]) => [id, status(some as StreamStatus)]),
        );
        const encoders = new Map(producers.map((id) => [id, new Map<string, Running>()]));
        let ownerOf = (id: string) => producers[owners[0]![ids.indexOf(id)]!]!;
        let sessions = 10;
        const step = (me: string): number => {
          const mine = encoders.get(me)!;
          const actions = decide({
            ...{ me, rows: table, statuses, running: mine, publishing: new Set<string>() },
            overwritten: new Set(),
            alive: new Set(producers.filter((id) => id !== me)),
            share: { owns: (id) => ownerOf(id) === me, confirmed: true },
          });
          for (const action of actions) {
            const { id } = action;
            if (action.do === 'start') {
              const session = sessions++;
              mine.set(id, { fingerprint: fingerprint(action.row), session, seenInTopic: undefined });
              statuses.set(id, status({ producer: me, session }));
            } else if (action.do === 'stop') {
              mine.delete(id);
              const last = statuses.get(id);
              if (last?.producer === me) statuses.set(id, { ...last, state: 'offline' });
            } else if (action.do === 'forget') statuses.delete(id);
            else if (action.do === 'release') statuses.set(id, { ...action.status, state: 'offline' });
          }
          return actions.length;
        };
        for (const turn of order.slice(0, 15)) step(producers[turn]!);
        ownerOf = (id) => producers[owners[1]![ids.indexOf(id)]!]!;
        for (const turn of order.slice(15)) step(producers[turn]!);
        for (const producer of [...producers, ...producers, ...producers]) step(producer);
        expect(producers.map(step)).toEqual([0, 0, 0]);
        for (const id of ids) {
          const { enabled = false, source, boundTo } = table.get(id) ?? {};
          const owner = boundTo ?? ownerOf(id);
          const runs = enabled && source?.kind !== 'topic' && producers.includes(owner);
          const holders = producers.filter((producer) => encoders.get(producer)!.has(id));
          expect(holders).toEqual(runs ? [owner] : []);
        }
      }),
    );
  });
});
