import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_EVIDENCE } from './arrivals.js';
import {
  CONTROL_PERIOD_MS,
  decideLatency,
  joinLatency,
  type LatencyState,
  type LatencyTarget,
  latencyTarget,
  targetLevel,
} from './latency.js';

const TARGET = latencyTarget(true, 150);

interface World {
  /** The end of the media that have arrived at a time. */
  readonly end: (now: number) => number;
  readonly level: number;
  readonly seconds: number;
  readonly target?: LatencyTarget;
  readonly state?: LatencyState;
}

interface Tick {
  readonly now: number;
  readonly level: number;
  readonly rate: number;
  readonly seek: boolean;
  readonly state: LatencyState;
}

/** A player that obeys: it stops when it has no media, resumes with 100 ms, and plays at the given rate. */
function simulate({ end, level, seconds, target = TARGET, state: first }: World): Tick[] {
  let state = first ?? joinLatency(milliseconds(0));
  const start = state.at;
  let playhead = end(0) - level;
  let rate = 1;
  let waiting = false;
  const ticks: Tick[] = [];
  for (let now = 0; now < seconds * 1000; now += CONTROL_PERIOD_MS) {
    const have = end(now) - playhead;
    waiting = waiting ? have < 100 : have <= 0;
    if (!waiting) playhead += Math.min(have, CONTROL_PERIOD_MS * rate);
    const sample = {
      now: milliseconds(start + now),
      level: milliseconds(end(now) - playhead),
      started: true,
      waiting,
      seeking: false,
      excused: false,
      evidence: NO_EVIDENCE,
    };
    const decided = decideLatency(sample, target, state);
    state = decided.state;
    if (decided.action.do === 'rate') rate = decided.action.rate;
    else {
      playhead = end(now) - decided.action.level;
      rate = 1;
    }
    ticks.push({ now, level: sample.level, rate, seek: decided.action.do === 'seek', state });
  }
  return ticks;
}

/** 30 frames a second, each late by its own share of `jitter`, in order. */
const frames =
  (jitter = 0) =>
  (now: number): number => {
    const newest = Math.floor(now / 33.3);
    for (let frame = newest; ; frame--) {
      const late = jitter * Math.abs(Math.sin(frame * 12.9898));
      if (frame * 33.3 + late <= now) return frame * 33.3;
    }
  };

const mean = (ticks: readonly Tick[]): number =>
  ticks.reduce((sum, tick) => sum + tick.level, 0) / ticks.length;
const after = (ticks: readonly Tick[], seconds: number): Tick[] =>
  ticks.filter((tick) => tick.now >= seconds * 1000);

describe('latency control', () => {
  it('brings any start to the target without a seek, and rests there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 800 }), fc.integer({ min: 0, max: 40 }), (level, jitter) => {
        const ticks = simulate({ end: frames(jitter), level, seconds: 40 });
        expect(ticks.some((tick) => tick.seek)).toBe(false);
        const settled = after(ticks, 20);
        expect(Math.abs(mean(settled) - TARGET.level)).toBeLessThan(45);
        expect(ticks.at(-1)?.state.stalls).toBe(0);
        const changes = settled.filter((tick, index) => index > 0 && tick.rate !== settled[index - 1]?.rate);
        expect(changes.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  it('never overshoots: it comes from one side, and does not correct to the other', () => {
    const fast = simulate({ end: frames(15), level: 600, seconds: 40 });
    expect(fast.every((tick) => tick.rate >= 1)).toBe(true);
    const slow = simulate({ end: frames(15), level: 40, seconds: 40 });
    expect(slow.every((tick) => tick.rate <= 1)).toBe(true);
  });

  it('corrects by 10 % at most for 8 s after a join, by 5 % at most afterwards', () => {
    // Media come 6 % faster than they should: the control cannot keep up, and does as much as it may.
    const ticks = simulate({ end: (now) => now * 1.06, level: 400, seconds: 14 });
    expect(Math.max(...ticks.map((tick) => tick.rate))).toBeCloseTo(1.1);
    expect(Math.max(...after(ticks, 8.1).map((tick) => tick.rate))).toBeLessThanOrEqual(1.051);
  });

  it('follows an encoder whose clock runs 200 ppm off', () => {
    const steady = frames(10);
    const ticks = simulate({ end: (now) => steady(now) * 1.0002, level: 150, seconds: 300 });
    expect(Math.abs(mean(after(ticks, 250)) - TARGET.level)).toBeLessThan(45);
  });

  it('seeks once when far behind, and not before a frame was decoded', () => {
    const ticks = simulate({ end: frames(), level: 3_000, seconds: 20 });
    expect(ticks.filter((tick) => tick.seek)).toHaveLength(1);
    expect(Math.abs(mean(after(ticks, 10)) - TARGET.level)).toBeLessThan(45);

    let state = joinLatency(milliseconds(0));
    for (let now = 0; now < 10_000; now += CONTROL_PERIOD_MS) {
      const sample = {
        level: milliseconds(3_000),
        started: false,
        waiting: true,
        seeking: false,
        excused: false,
        evidence: NO_EVIDENCE,
      };
      const decided = decideLatency({ ...sample, now: milliseconds(now) }, TARGET, state);
      expect(decided.action).toEqual({ do: 'rate', rate: 1 });
      state = decided.state;
    }
  });

  it('returns when the playhead has run past the data, but only once data comes again', () => {
    let state = joinLatency(milliseconds(0));
    let level = 100;
    const seeks: number[] = [];
    for (let now = 0; now < 4_000; now += CONTROL_PERIOD_MS) {
      // Nothing arrives between 1 s and 1.5 s, and the browser does not wait, because the stream has no sound.
      if (now > 1_000 && now < 1_500) level -= CONTROL_PERIOD_MS;
      const sample = { now: milliseconds(now), level: milliseconds(level), started: true, waiting: false };
      const decided = decideLatency(
        { ...sample, seeking: false, excused: false, evidence: NO_EVIDENCE },
        TARGET,
        state,
      );
      if (decided.action.do === 'seek') {
        seeks.push(now);
        level = decided.action.level;
      }
      state = decided.state;
    }
    expect(seeks).toHaveLength(1);
    expect(seeks[0]).toBeGreaterThan(1_700);
    expect(state.stalls).toBe(1);
  });

  it('does not show the last pictures again while the connection is away', () => {
    let state = joinLatency(milliseconds(0));
    const sample = { level: milliseconds(-150), started: true, waiting: true, seeking: false };
    for (let now = 0; now < 10_000; now += CONTROL_PERIOD_MS) {
      const decided = decideLatency(
        { ...sample, now: milliseconds(now), excused: true, evidence: NO_EVIDENCE },
        TARGET,
        state,
      );
      expect(decided.action.do).toBe('rate');
      state = decided.state;
    }
  });

  it('jumps to the live edge at a distance for which a media source would have to begin again', () => {
    const stays = (showsLate: boolean, distance: number): boolean => {
      const target = { ...latencyTarget(false, 30), showsLate };
      let state = joinLatency(milliseconds(0));
      for (let now = 0; now < 1_000; now += CONTROL_PERIOD_MS) {
        const { action, state: after } = decideLatency(
          {
            ...{
              now: milliseconds(now),
              level: milliseconds(distance),
              started: true,
              evidence: NO_EVIDENCE,
            },
            ...{ waiting: false, seeking: false, excused: false },
          },
          target,
          state,
        );
        if (action.do === 'seek') return false;
        state = after;
      }
      return true;
    };
    expect([stays(true, 200), stays(true, 350)]).toEqual([true, false]);
    expect([stays(false, 350), stays(false, 800)]).toEqual([true, false]);
  });

  it('lets a queue drain without a seek, and is at the target afterwards', () => {
    const HALF = 0.5;
    const target = { ...latencyTarget(false, 30), showsLate: true };
    // For three seconds, half as fast as it should; then three times as fast, until nothing is late any more.
    const late = (now: number): number =>
      Math.max(0, Math.min((now - 2_000) * HALF, 1_500 - (now - 5_000) * 2));
    let state = joinLatency(milliseconds(0));
    let playhead = -30;
    let rate = 1;
    const levels: number[] = [];
    for (let now = 0; now < 8_000; now += CONTROL_PERIOD_MS) {
      playhead += CONTROL_PERIOD_MS * rate;
      const level = milliseconds(now - late(now) - playhead);
      levels.push(level);
      const decided = decideLatency(
        {
          ...{ now: milliseconds(now), level, started: true, evidence: NO_EVIDENCE },
          ...{ waiting: false, seeking: false, excused: false },
        },
        target,
        state,
      );
      state = decided.state;
      expect(decided.action.do).toBe('rate');
      if (decided.action.do === 'rate') rate = decided.action.rate;
    }
    expect(Math.min(...levels)).toBeLessThan(-1_000);
    expect(Math.abs(levels.at(-1)! - targetLevel(target, state))).toBeLessThan(60);
  });

  it('raises the target after a stall that no late chunk explains, and lowers it after a while', () => {
    const steady = frames();
    // Nothing arrives between 10 s and 10.4 s.
    const outage = (now: number): number => (now > 10_000 && now < 10_400 ? steady(10_000) : steady(now));
    const ticks = simulate({ end: outage, level: 150, seconds: 40 });
    const aim = (seconds: number): number => targetLevel(TARGET, after(ticks, seconds)[0]!.state);
    expect(aim(9)).toBe(150);
    expect(aim(11)).toBe(200);
    expect(aim(29)).toBe(200);
    expect(aim(32)).toBeLessThan(200);
    expect(aim(39)).toBe(150);
    expect(after(ticks, 39)[0]?.state.stalls).toBe(1);
  });

  it('covers delays that come often; those that came once or twice only up to a limit', () => {
    const target = latencyTarget(false, undefined);
    const aimWith = (delays: { worst: number; repeating: number; often: number }): number => {
      const evidence = {
        worst: milliseconds(delays.worst),
        repeating: milliseconds(delays.repeating),
        often: milliseconds(delays.often),
        isCut: false,
      };
      let state = joinLatency(milliseconds(0));
      // The worst delay stops the picture at 2 s, unless it is covered.
      const stops = delays.worst > 2 * delays.often;
      for (let now = 0; now < 6_000; now += CONTROL_PERIOD_MS) {
        const waiting = stops && now > 2_000 && now < 2_000 + delays.worst;
        const level = milliseconds(waiting ? 0 : 80);
        const sample = { started: true, waiting, seeking: false, excused: false, level, evidence };
        state = decideLatency({ ...sample, now: milliseconds(now) }, target, state).state;
      }
      expect(state.backOff).toBe(0);
      return targetLevel(target, state);
    };
    const { reserve, tolerated } = target;
    expect(aimWith({ worst: 200, repeating: 20, often: 10 })).toBe(reserve + 200 - tolerated);
    expect(aimWith({ worst: 900, repeating: 20, often: 10 })).toBe(reserve + 250 - tolerated);
    expect(aimWith({ worst: 900, repeating: 880, often: 10 })).toBe(reserve + 400 - tolerated / 2);
    expect(aimWith({ worst: 900, repeating: 880, often: 860 })).toBe(reserve + 860);
  });

  it('asks for more if the picture stutters and no late chunk explains it', () => {
    for (const [stands, plays] of [
      [200, 480],
      [400, 480],
      [200, 600],
    ] as const) {
      let state = joinLatency(milliseconds(0));
      for (let now = 0; now < 20_000; now += CONTROL_PERIOD_MS) {
        const waiting = now > 2_000 && now % (stands + plays) < stands;
        const sample = {
          level: milliseconds(waiting ? 0 : 150),
          ...{ started: true, waiting, seeking: false, excused: false, evidence: NO_EVIDENCE },
        };
        state = decideLatency({ ...sample, now: milliseconds(now) }, TARGET, state).state;
      }
      expect(state.backOff).toBeGreaterThan(300);
    }
  });

  it.each([
    ['nothing came for 3 s, and then all at once', { isCut: true, excusedFrom: 10_000 }],
    ['the connection was found to be lost', { isCut: false, excusedFrom: 3_500 }],
  ])('does not blame the target for a cut: %s', (_, { isCut, excusedFrom }) => {
    let state = joinLatency(milliseconds(0));
    for (let now = 0; now < 8_000; now += CONTROL_PERIOD_MS) {
      const waiting = now > 2_000 && now < 5_000;
      const sample = {
        level: milliseconds(waiting ? 0 : 150),
        ...{ started: true, waiting, seeking: false, excused: waiting && now > excusedFrom },
        // The worker reports it some time later.
        evidence: { ...NO_EVIDENCE, worst: milliseconds(isCut ? 600 : 0), isCut: isCut && now > 5_300 },
      };
      state = decideLatency({ ...sample, now: milliseconds(now) }, TARGET, state).state;
    }
    expect(state).toMatchObject({ stalls: 1, backOff: 0, trial: undefined });
    expect(targetLevel(TARGET, state)).toBe(150);
  });

  it('does not blame the target if no data could come', () => {
    let state = joinLatency(milliseconds(0));
    for (let now = 0; now < 8_000; now += CONTROL_PERIOD_MS) {
      const dry = now > 2_000;
      const sample = {
        level: milliseconds(dry ? 0 : 150),
        started: true,
        waiting: dry,
        seeking: false,
        excused: dry,
        evidence: NO_EVIDENCE,
      };
      state = decideLatency({ ...sample, now: milliseconds(now) }, TARGET, state).state;
    }
    expect(state.stalls).toBe(0);
    expect(targetLevel(TARGET, state)).toBe(150);
  });

  it('resumes by a seek as soon as the target is reached, after a lack of data or at a hole', () => {
    let state = joinLatency(milliseconds(0));
    const seeks: { now: number; level: number }[] = [];
    for (let now = 0; now < 4_000; now += CONTROL_PERIOD_MS) {
      const waiting = now > 2_000 && seeks.length === 0;
      const level = milliseconds(waiting ? (now - 2_000) / 2 : 150);
      const sample = {
        now: milliseconds(now),
        level,
        started: true,
        waiting,
        seeking: false,
        excused: false,
        evidence: NO_EVIDENCE,
      };
      const decided = decideLatency(sample, TARGET, state);
      if (decided.action.do === 'seek') seeks.push({ now, level: decided.action.level });
      state = decided.state;
    }
    expect(seeks).toEqual([{ now: 2_320, level: 150 }]);
  });
});
