import { type Milliseconds, milliseconds, seconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canBeInStep,
  decideStep,
  followAge,
  followLag,
  isWorthTelling,
  type Need,
  placeAt,
  type StepState,
} from './in-step.js';
import { CONTROL_PERIOD_MS } from './latency.js';

interface Tick {
  readonly now: number;
  readonly behind: number;
  readonly seek: boolean;
}

/** A player that obeys, in a group with this delay. Pictures are there when they are `age` old. */
function simulate(
  behindAtFirst: number,
  delay: (now: number) => number,
  noise: (tick: number) => number,
): Tick[] {
  const age = 100;
  let place = -delay(0) - behindAtFirst;
  let state: StepState | undefined;
  let rate = 1;
  const ticks: Tick[] = [];
  for (let now = 0; now < 20_000; now += CONTROL_PERIOD_MS) {
    const behind = now - delay(now) - place;
    const sample = {
      now: milliseconds(now),
      level: milliseconds(now - age - place),
      behind: milliseconds(behind + noise(ticks.length)),
      reach: milliseconds(10_000),
      by: 'source' as const,
    };
    const decided = decideStep(sample, state);
    state = decided.state;
    const seek = decided.action.do === 'seek';
    if (decided.action.do === 'seek') place = now - age - decided.action.level;
    else rate = decided.action.rate;
    ticks.push({ now, behind, seek });
    place += CONTROL_PERIOD_MS * (seek ? 1 : rate);
  }
  return ticks;
}

const QUARTER_PICTURE_MS = 8;
const after = (ticks: readonly Tick[], ms: number) => ticks.filter(({ now }) => now >= ms);

describe('a player in a group', () => {
  it('is in step after five seconds, wherever it began, and stays so', () => {
    const noises = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: -2_000, max: 2_000 }), noises, (behind, noise) => {
        const ticks = simulate(
          behind,
          () => 400,
          (tick) => noise[tick % noise.length]!,
        );
        expect(ticks.filter(({ seek }) => seek).length).toBeLessThanOrEqual(1);
        for (const tick of after(ticks, 5_000))
          expect(Math.abs(tick.behind)).toBeLessThan(QUARTER_PICTURE_MS);
      }),
    );
  });

  it('is in step again five seconds after the group has agreed on more, and on less', () => {
    fc.assert(
      fc.property(fc.integer({ min: -300, max: 300 }), (change) => {
        const ticks = simulate(
          0,
          (now) => (now < 8_000 ? 500 : 500 + change),
          () => 0,
        );
        expect(ticks.some(({ seek }) => seek)).toBe(false);
        for (const tick of after(ticks, 13_000))
          expect(Math.abs(tick.behind)).toBeLessThan(QUARTER_PICTURE_MS);
      }),
    );
  });

  it('waits for the group where there are no media to go back to', () => {
    const sample = { now: milliseconds(0), level: milliseconds(150), behind: milliseconds(-900) };
    let state: StepState | undefined;
    for (let now = 0; now < 2_000; now += CONTROL_PERIOD_MS) {
      const decided = decideStep(
        { ...sample, now: milliseconds(now), reach: milliseconds(40), by: 'source' },
        state,
      );
      expect(decided.action).toEqual({ do: 'rate', rate: 0.9 });
      state = decided.state;
    }
  });

  it('finds the place of a moment, and goes alone while the group cannot wait for it', () => {
    const anchor = { media: seconds(10), wallClock: milliseconds(1_000_000) };
    expect(placeAt(anchor, milliseconds(1_000_500))).toBe(10.5);
    const news = { delay: milliseconds(400), members: 2, member: true };
    expect(canBeInStep(news, milliseconds(401), false)).toBe(false);
    expect(canBeInStep(news, milliseconds(401), true)).toBe(true);
    expect(canBeInStep(news, milliseconds(450), true)).toBe(false);
    expect(canBeInStep({ ...news, member: false }, milliseconds(100), true)).toBe(false);
  });
});

it('follows how late pictures are on the screen only where that is more than the wait for its refresh', () => {
  const follow = (...seen: (number | undefined)[]): number =>
    seen.reduce<Milliseconds>(
      (lag, one) => followLag(one === undefined ? undefined : milliseconds(one), lag),
      milliseconds(0),
    );
  expect(follow(undefined, 5, -12, 16, 30)).toBe(0);
  expect(follow(60, 50, 75, undefined)).toBe(60);
  expect(follow(60, 3)).toBe(0);
  // Whatever a screen shows later than its time by less than a refresh, it comes to rest.
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 17 }), (own, refresh) => {
      const seen = (lag: Milliseconds): Milliseconds => milliseconds(own + ((own + lag) % refresh));
      let lag = milliseconds(0);
      for (let n = 0; n < 3; n++) lag = followLag(seen(lag), lag);
      expect(followLag(seen(lag), lag)).toBe(lag);
    }),
  );
});

describe('what a player needs', () => {
  /** Media end where they should, so much later. */
  const sample = (now: number, age: number, before: Need | undefined): Need =>
    followAge(milliseconds(now), milliseconds(age), seconds((now - age) / 1000), before);
  const follow = (ages: readonly number[]): Need =>
    ages.reduce<Need | undefined>(
      (need, age, tick) => sample(tick * CONTROL_PERIOD_MS, age, need),
      undefined,
    )!;
  const ticks = (ms: number, age: number): number[] =>
    Array.from({ length: ms / CONTROL_PERIOD_MS }, () => age);

  it('is known at once, and hardly changes with a connection that breaks for a second', () => {
    expect(follow([180]).age).toBe(180);
    expect(follow([...ticks(800, 900), 180]).age).toBe(180);
    // After a pause it has to catch up once more.
    const later = sample(60_000, 900, follow(ticks(5_000, 180)));
    expect(isWorthTelling(later, milliseconds(900))).toBe(false);
    expect(sample(60_200, 180, later).age).toBe(180);
    const broken = Array.from({ length: 25 }, (_, tick) => 180 + tick * CONTROL_PERIOD_MS);
    expect(follow([...ticks(2_000, 180), ...broken]).age).toBeLessThan(181);
    // What has queued up comes in some seconds.
    const drained = Array.from({ length: 75 }, (_, tick) => Math.max(180, 9_000 - tick * 120));
    const after = [
      ...ticks(2_000, 180),
      ...Array.from({ length: 225 }, (_, tick) => 180 + tick * CONTROL_PERIOD_MS),
    ];
    const told = [...after, ...drained, ...ticks(2_000, 180)].reduce<{ need?: Need; told: number[] }>(
      ({ need, told }, age, tick) => {
        const next = sample(tick * CONTROL_PERIOD_MS, age, need);
        if (!isWorthTelling(next, next.age)) return { need: next, told };
        return { need: { ...next, told: { needs: next.age, at: next.at } }, told: [...told, next.age] };
      },
      { told: [] },
    ).told;
    expect(Math.max(...told)).toBeLessThan(220);
    expect(follow([...ticks(2_000, 180), ...ticks(4_000, 280)]).age).toBeGreaterThan(270);
  });

  it('is told when it is more, now and then when it is less, and as a sign of life', () => {
    const need = (passed: number): Need => ({
      at: milliseconds(10_000 + passed),
      ...{ since: milliseconds(0), low: milliseconds(0), end: seconds(0) },
      age: milliseconds(0),
      told: { needs: milliseconds(300), at: milliseconds(10_000) },
    });
    expect(isWorthTelling({ ...need(0), told: undefined }, milliseconds(300))).toBe(true);
    expect(isWorthTelling({ ...need(-9_500), told: undefined }, milliseconds(300))).toBe(false);
    expect(isWorthTelling(need(300), milliseconds(310))).toBe(true);
    expect(isWorthTelling(need(100), milliseconds(310))).toBe(false);
    expect(isWorthTelling(need(300), milliseconds(302))).toBe(false);
    expect(isWorthTelling(need(300), milliseconds(200))).toBe(false);
    expect(isWorthTelling(need(2_600), milliseconds(200))).toBe(true);
    expect(isWorthTelling(need(5_000), milliseconds(300))).toBe(true);
  });
});
