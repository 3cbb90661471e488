import {
  type GatewayFigures,
  HEALTH_EVERY,
  HEALTH_HISTORY,
  type HealthRow,
  type ProducerFigures,
} from '@topicast/contracts/stream-health';
import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from './history.js';

const BEGUN = 1_700_000_000_000;
const at = (ms: number) => milliseconds(BEGUN + ms);
const producer = (change: Partial<ProducerFigures> = {}): ProducerFigures => ({
  ...{ from: 'producer', process: 'p', session: 1, way: 'sent' },
  renditions: [{ bitrate: 1_000 }],
  ...{ jumps: 0, dropped: 0, hasReordering: false },
  ...change,
});
const gateway = (process: string, viewers: number): GatewayFigures => ({
  ...{ from: 'gateway', process, viewers, renditions: [viewers], stalled: 0 },
  ...{ encoder: 20, log: 5, roundTrip: { p50: 10 * viewers, p95: 100 } },
});

describe('the history of a stream', () => {
  it('adds up the viewers of all processes, and weighs their medians', () => {
    const history = new History();
    history.add(producer(), at(100));
    history.add(gateway('a', 1), at(200));
    history.add(gateway('b', 3), at(300));
    const { audience } = history.newest(at(1_000));
    expect(audience).toMatchObject({ viewers: 4, renditions: [4], roundTrip: { p50: 25, p95: 100 } });
    expect(history.columns(at(0), at(2_000))).toMatchObject({
      viewers: [4],
      delivery50: [38],
      delivery95: [75],
    });
  });

  it('forgets a process that says nothing any more', () => {
    const history = new History();
    history.add(gateway('a', 1), at(0));
    history.add(gateway('b', 3), at(8_000));
    expect(history.newest(at(9_000)).audience?.viewers).toBe(3);
    expect(history.newest(at(30_000))).toEqual({ producer: undefined, audience: undefined });
    expect(history.isOver(at(30_000))).toBe(false);
    expect(history.isOver(at(HEALTH_HISTORY + 20_000))).toBe(true);
  });

  it('has no hole where a row came a little early, and counts nothing twice', () => {
    const history = new History();
    for (const time of [0, 1_990, 4_010, 6_005]) history.add(producer({ dropped: 1 }), at(time));
    const { bitrate, dropped } = history.columns(at(0), at(8_000));
    expect(bitrate).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(dropped.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(3);
  });

  it('goes on when the clock of the log is set back', () => {
    const history = new History();
    history.add(producer({ renditions: [{ bitrate: 1 }] }), at(3_600_000));
    history.add(producer({ renditions: [{ bitrate: 2 }] }), at(0));
    history.add(producer({ renditions: [{ bitrate: 3 }] }), at(2_000));
    expect(history.columns(at(0), at(4_000)).bitrate).toEqual([2, 3]);
    expect(history.newest(at(4_000)).producer?.renditions).toEqual([{ bitrate: 3 }]);
  });

  it('calls nothing a fault that was so for one moment', () => {
    const history = new History();
    for (const [index, p95] of [20, 30, 900].entries())
      history.add(producer({ late: { p50: 5, p95 } }), at(index * 2_000));
    expect(history.newest(at(5_000)).producer?.late).toEqual({ p50: 5, p95: 30 });
  });

  it('believes the later session', () => {
    const history = new History();
    history.add(producer({ session: 2, renditions: [{ bitrate: 2 }] }), at(0));
    history.add(producer({ session: 1, renditions: [{ bitrate: 1 }] }), at(100));
    expect(history.columns(at(0), at(2_000)).bitrate).toEqual([2]);
  });

  it('is the same wherever the same rows are known, is bounded, and all its columns are equally long', () => {
    const rows = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 20_000 }),
        row: fc.oneof(
          fc.constant<HealthRow>(producer()),
          fc.integer({ min: 0, max: 9 }).map<HealthRow>((viewers) => gateway('g', viewers)),
        ),
      }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 1_000_000 }), (all, since) => {
        const [one, other] = [new History(), new History()];
        let time = 0;
        for (const { after, row } of all) {
          time += after;
          one.add(row, at(time));
          other.add(row, at(time));
        }
        const columns = one.columns(at(since), at(time));
        expect(columns).toEqual(other.columns(at(since), at(time)));
        const lengths = new Set(Object.values(columns).map(({ length }) => length));
        expect([...lengths]).toEqual([columns.time.length]);
        expect(columns.time.length).toBeLessThanOrEqual(HEALTH_HISTORY / HEALTH_EVERY);
        for (const each of columns.time) expect(each).toBeGreaterThanOrEqual(BEGUN + since);
      }),
    );
  });
});
