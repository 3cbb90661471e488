import { bitsPerSecond, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Viewed, watch } from '../testing/audience.js';
import type { LinkModel } from '../testing/shared-link.js';
import { type AdaptationSample, type AdaptationState, adapt, NO_ADAPTATION } from './adaptation.js';
import type { PathEvidence } from './path.js';

const MBIT = 1_000_000;
const RUNGS = [3, 1.2, 0.5].map((rate, rendition) => ({ rendition, bitrate: rate * MBIT }));
const BEST = RUNGS[0]!.bitrate;

/** A rate that changes: from each second on, so many Mbit/s. */
const rates =
  (...steps: readonly [second: number, mbits: number][]) =>
  (now: number): number =>
    steps.findLast(([second]) => second * 1000 <= now)![1] * MBIT;

const watchOne = (link: LinkModel, keyframeSize: number, seconds: number, seed = 1): Viewed =>
  watch({ link, ladder: { rungs: RUNGS, keyframeSize }, viewers: 1, seconds, seed })[0]!;

const keyframeSize = fc.integer({ min: 5, max: 10 });
/** Of one or two pictures' size: grain, or a scene that changes all the time. They say nothing about the network. */
const anySize = fc.oneof(keyframeSize, fc.double({ min: 1, max: 2, noNaN: true }));
const delay = fc.integer({ min: 0, max: 80 });
const seed = fc.integer();
const fewRuns = { numRuns: 60 };

describe('the choice of a rendition, on a simulated link', () => {
  it.each([5, 8, 10])('4 Mbit/s, then 1.5, then back, with keyframes of %i pictures', (size) => {
    const viewed = watchOne({ rate: rates([0, 4], [20, 1.5], [50, 4]), delay: 25 }, size, 80);
    const [down, up, back, ...more] = viewed.switches;
    expect([down?.to, up?.to, back?.to, more.length]).toEqual([2, 1, 0, 0]);
    expect(down!.at).toBeLessThan(23_000);
    expect(up!.at - down!.at).toBeGreaterThanOrEqual(10_000);
    expect(back!.at).toBeLessThan(70_000);
    expect(Math.max(0, ...viewed.freezes.map(({ ms }) => ms))).toBeLessThan(500);
    // Nothing waits any more, five seconds after the change.
    for (const second of [25, 28, 55, 58, 75]) expect(viewed.queues[second]).toBeLessThan(300);
  });

  it('goes down within three seconds when the network becomes too slow, whatever that is', () => {
    const property = fc.property(
      ...[anySize, delay, seed, fc.integer({ min: 0, max: 20 })],
      fc.double({ min: 0.2, max: 0.95, noNaN: true }),
      fc.integer({ min: 0, max: 990 }),
      (size, delayMs, seeded, jitter, share, phase) => {
        const at = 10 + phase / 1000;
        const link = { rate: rates([0, 6], [at, (share * BEST) / MBIT]), delay: delayMs, jitter };
        const { switches } = watchOne(link, size, 16, seeded);
        expect(switches[0]?.at).toBeGreaterThan(at * 1000);
        expect(switches[0]?.at).toBeLessThan(at * 1000 + 3_000);
      },
    );
    fc.assert(property, fewRuns);
  });

  it('comes back within twenty seconds when the network is fast again', () => {
    const property = fc.property(
      ...[keyframeSize, delay, seed],
      fc.double({ min: 0.6, max: 2.6, noNaN: true }),
      (size, delayMs, seeded, slow) => {
        const link = { rate: rates([0, 8], [10, slow], [40, 8]), delay: delayMs };
        const viewed = watchOne(link, size, 65, seeded);
        expect(viewed.played[62]).toBe(0);
      },
    );
    fc.assert(property, fewRuns);
  });

  it('comes back without keyframes that show how fast it is', () => {
    const property = fc.property(
      ...[fc.double({ min: 1, max: 2, noNaN: true }), delay, seed],
      fc.double({ min: 1.4, max: 2.6, noNaN: true }),
      (size, delayMs, seeded, slow) => {
        const link = { rate: rates([0, 4], [10, slow], [25, 4]), delay: delayMs };
        const { played, switches } = watchOne(link, size, 90, seeded);
        expect(played.slice(85)).toEqual(played.slice(85).map(() => 0));
        // One attempt may fail before.
        expect(switches.length).toBeLessThanOrEqual(5);
      },
    );
    fc.assert(property, fewRuns);
  });

  describe('stays where it is while chunks are only late now and then', () => {
    const lateNow = [anySize, delay, seed, fc.integer({ min: 0, max: 20 })] as const;
    const lossRate = fc.double({ min: 0, max: 0.01, noNaN: true });
    const switchesOf = (size: number, delayMs: number, seeded: number, jitter: number, loss: number) =>
      watchOne({ rate: rates([0, 5]), delay: delayMs, jitter, loss }, size, 60, seeded).switches;

    it('for an hour that is always the same', () => {
      const property = fc.property(...lateNow, lossRate, (...one) => {
        expect(switchesOf(...one)).toEqual([]);
      });
      fc.assert(property, { ...fewRuns, seed: 1 });
    });

    it('for any other hour, with one exception at most', () => {
      // Several losses in a row can look like a network that has become too slow: once in some hours.
      const switched: unknown[] = [];
      const property = fc.property(...lateNow, lossRate, (...one) => {
        if (switchesOf(...one).length > 0) switched.push(one);
      });
      fc.assert(property, fewRuns);
      expect(switched.slice(1)).toEqual([]);
    });
  });

  it('tries less and less often what fails', () => {
    const { switches } = watchOne({ rate: rates([0, 2.6]), delay: 25 }, 8, 400);
    const attempts = switches.filter(({ to }) => to === 0).map(({ at }) => at);
    const waits = attempts.slice(1).map((at, n) => at - attempts[n]!);
    expect(attempts.length).toBeLessThanOrEqual(5);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it.each(['fair', 'fifo'] as const)('twenty viewers share 10 Mbit/s without flapping (%s)', (order) => {
    const link = { order, rate: rates([0, 10]), delay: 25 };
    const all = watch({ link, ladder: { rungs: RUNGS, keyframeSize: 8 }, viewers: 20, seconds: 120 });
    // After the first seconds, when all 20 wanted 3 Mbit/s.
    const later = all.map(({ switches }) => switches.filter(({ at }) => at > 10_000));
    const total = later.reduce((sum, switches) => sum + switches.length, 0);
    // No more than one attempt each, in two minutes.
    expect(total / all.length).toBeLessThan(3);
    for (const { freezes } of all) expect(Math.max(0, ...freezes.map(({ ms }) => ms))).toBeLessThan(2_000);
  });

  it('goes up at most once in ten seconds', () => {
    const property = fc.property(seed, fc.integer({ min: 2, max: 12 }), (seeded, viewers) => {
      const link = { rate: rates([0, 10]), delay: 25, jitter: 10 };
      const all = watch({
        link,
        ladder: { rungs: RUNGS, keyframeSize: 8 },
        viewers,
        seconds: 60,
        seed: seeded,
      });
      for (const { switches } of all) {
        const [, ...later] = switches;
        for (const [n, { at, to }] of later.entries()) {
          if (to < switches[n]!.to) expect(at - switches[n]!.at).toBeGreaterThanOrEqual(10_000);
        }
      }
    });
    fc.assert(property, { numRuns: 10 });
  });
});

const CALM: PathEvidence = {
  queue: milliseconds(0),
  isOverloaded: false,
  calmSince: milliseconds(Number.NEGATIVE_INFINITY),
  throughput: undefined,
  burst: undefined,
};

/** The gateway obeys at once. */
function obeyed(
  state: AdaptationState,
  change: Partial<Omit<AdaptationSample, 'now'>> & { readonly now: number },
): AdaptationState {
  const current = state.chosen ?? 0;
  const usual = { path: CALM, rungs: RUNGS, lagged: false, dropped: 0, random: 0 };
  return adapt({ ...usual, current, ...change, now: milliseconds(change.now) }, state);
}

describe('the choice of a rendition', () => {
  it('begins with the best, and follows the limits at once', () => {
    let state = obeyed(NO_ADAPTATION, { now: 0 });
    expect(state.chosen).toBe(0);
    state = obeyed(state, { now: 1_000, rungs: RUNGS.slice(1) });
    expect(state).toMatchObject({ chosen: 1, heldBy: undefined });
    state = obeyed(obeyed(state, { now: 2_000, rungs: RUNGS.slice(1) }), { now: 3_000 });
    expect(state.chosen).toBe(0);
  });

  it('stays with what the network was too slow for a while ago, and tries the next one after a wait', () => {
    let state = obeyed({ ...NO_ADAPTATION, heldBy: 'network' }, { now: 0, current: 2 });
    expect(state.chosen).toBe(2);
    for (let now = 0; now <= 13_000 && state.chosen === 2; now += 250) state = obeyed(state, { now });
    expect(state).toMatchObject({ chosen: 1, triedFrom: 2 });
  });

  it('takes one that the browser can keep up with, and waits', () => {
    let state = obeyed(NO_ADAPTATION, { now: 0 });
    for (let now = 250; now <= 5_000; now += 250)
      state = obeyed(state, { now, dropped: state.chosen ? 0 : 0.5 });
    expect(state).toMatchObject({ chosen: 1, heldBy: 'decoder' });
    for (let now = 5_000; now <= 20_000; now += 250) state = obeyed(state, { now });
    expect(state.chosen).toBe(1);
  });

  it('believes no gateway that leaves something out for a slow viewer to be fast', () => {
    const state = obeyed(obeyed(obeyed(NO_ADAPTATION, { now: 0 }), { now: 250 }), { now: 500, lagged: true });
    expect(state).toMatchObject({ chosen: 1, heldBy: 'network' });
  });

  it('leaves behind what is on its way if little of it gets through', () => {
    const throughput = bitsPerSecond(0.6 * MBIT);
    const path = { ...CALM, isOverloaded: true, queue: milliseconds(400), throughput };
    const before = obeyed(obeyed(NO_ADAPTATION, { now: 0 }), { now: 250 });
    const state = obeyed(before, { now: 500, path });
    expect(state).toMatchObject({ chosen: 2, how: 'rejoin' });
  });

  it('gives up a change that does not come', () => {
    const before = obeyed(NO_ADAPTATION, { now: 0, rungs: RUNGS.slice(1), current: 0 });
    expect(obeyed(before, { now: 9_000, current: 0 }).chosen).toBe(0);
  });
});
