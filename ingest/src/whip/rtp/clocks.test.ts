import { milliseconds, ticksToMs } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { SourceClock } from './clocks.js';

const at = milliseconds;
const report = (wallClock: number, timestamp: number) => ({
  ...{ ssrc: 1, compactClock: 0, wallClock: at(wallClock) },
  timestamp: timestamp % 2 ** 32,
});

it('goes on where the timestamps go round', () => {
  const clock = new SourceClock(48_000);
  const first = clock.at(2 ** 32 - 960, at(1_000));
  expect(clock.at(0, at(1_200)) - first).toBe(1_800);
  expect(clock.at(960, at(1_200)) - first).toBe(3_600);
});

it('brings sound and picture together by what their sender reports, wherever their timestamps begin', () => {
  for (const base of [0, 2 ** 32 - 48_000]) {
    const picture = new SourceClock(90_000);
    const sound = new SourceClock(48_000);
    // The picture came 150 ms after the sound of the same moment: it was encoded.
    sound.at(base, at(1_000));
    picture.at(7_000, at(1_150));
    picture.report(report(5_000, 7_000));
    sound.report(report(5_000, base));
    sound.follow(picture);
    const [shown, heard] = [picture.at(97_000, at(2_150)), sound.at((base + 48_000) % 2 ** 32, at(2_000))];
    expect(ticksToMs(shown)).toBeCloseTo(ticksToMs(heard), 0);
  }
});

it('does not follow a clock that nobody can believe, or before it is known', () => {
  const picture = new SourceClock(90_000);
  const sound = new SourceClock(48_000);
  const before = sound.at(0, at(1_000));
  picture.at(0, at(1_000));
  sound.follow(picture);
  picture.report(report(5_000, 0));
  sound.report(report(1_000_000, 0));
  sound.follow(picture);
  expect(sound.at(0, at(1_000))).toBe(before);
});
