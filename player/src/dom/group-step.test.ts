import type { SyncNews } from '@topicast/contracts/sync';
import { milliseconds, Seconds } from '@topicast/contracts/units';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GroupStep } from './group-step.js';
import type { Report } from './report.js';
import type { Screen } from './screen.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const OWN_MS = 30;

/** A player whose media are this old, 25 times a second for so long; it is this far behind the time if it plays. */
class Simulated {
  age = 100;
  sync: SyncNews | undefined;
  readonly told: number[] = [];
  readonly step: GroupStep;

  constructor() {
    const player = this;
    const report = {
      clock: { offset: milliseconds(0), roundTrip: milliseconds(1) },
      anchor: { media: Seconds.zero, wallClock: milliseconds(performance.timeOrigin) },
      get sync() {
        return player.sync;
      },
    } as unknown as Report;
    this.step = new GroupStep({
      report,
      screen: {} as Screen,
      tell: (needs) => this.told.push(needs),
    });
  }

  /** @returns how far behind the time the group is, as it takes it to be; undefined: it goes alone */
  play(ms: number, behind: number | undefined, isFed = true): number | undefined {
    let found: number | undefined;
    for (let passed = 0; passed < ms; passed += 40) {
      vi.advanceTimersByTime(40);
      const now = performance.now();
      const place = this.step.find({
        place: behind === undefined ? undefined : Seconds.ofMilliseconds(milliseconds(now - behind)),
        level: milliseconds(behind === undefined ? 0 : behind - this.age),
        own: milliseconds(OWN_MS),
        isFed,
        by: 'clock',
      });
      found = place === undefined ? undefined : Math.round(now - place * 1000);
    }
    return found;
  }

  isAgreed(delay: number): void {
    this.sync = { delay: milliseconds(delay), members: 2, member: true };
  }
}

it('tells what it needs when it has caught up, goes where the group is, and says that it is still there', () => {
  const player = new Simulated();
  player.isAgreed(0);
  player.age = 900;
  expect(player.play(800, 950)).toBeUndefined();
  player.age = 100;
  expect(player.play(1_100, 130)).toBeUndefined();
  expect(player.told.map((needs) => Math.abs(needs - 130) < 2)).toEqual([true]);
  player.isAgreed(150);
  expect(player.play(40, 130)).toBe(150);
  expect(player.step.stats).toMatchObject({ syncDelayMs: 150, syncMembers: 2 });
  expect(player.step.stats.syncOffsetMs).toBeCloseTo(-20, 3);
  player.play(12_000, 150, false);
  expect(player.told.map((needs) => Math.abs(needs - 130) < 2)).toEqual([true, true, true]);
});

it('says nothing of itself while it plays nothing, and begins anew afterwards', () => {
  const player = new Simulated();
  player.isAgreed(150);
  player.play(3_000, 150);
  player.told.length = 0;
  // The place is known all the same: that is where it will join.
  expect(player.play(60_000, undefined)).toBe(150);
  expect(player.step.stats.syncOffsetMs).toBeUndefined();
  expect(player.told).toEqual([]);
  player.age = 900;
  player.play(600, 1_000);
  player.age = 100;
  player.play(1_100, 150);
  expect(player.told.map((needs) => Math.abs(needs - 130) < 2)).toEqual([true]);
});

it('stays where the group was after a break, also if a gateway has not heard of all members yet', () => {
  const player = new Simulated();
  player.isAgreed(600);
  expect(player.play(5_000, 600)).toBe(600);
  player.sync = undefined;
  expect(player.play(1_000, 600)).toBe(600);
  player.isAgreed(150);
  expect(player.play(1_000, 600)).toBe(600);
  player.isAgreed(700);
  expect(player.play(40, 600)).toBe(700);
  player.isAgreed(150);
  expect(player.play(3_000, 600)).toBe(150);
  // One of an older version says nothing.
  player.sync = undefined;
  expect(player.play(2_000, 150)).toBe(150);
  expect(player.play(2_000, 150)).toBeUndefined();
});
