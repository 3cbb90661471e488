import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.js';

const FRAME_MS = 1000 / 30;

/** A minute or more of pictures in order. `late` gives the delay of each one for the moment it was made. */
function learn(
  seconds: number,
  late: (now: number) => number,
  { offset = 0, media = (now: number) => now } = {},
): Arrivals {
  const arrivals = new Arrivals();
  let before = Number.NEGATIVE_INFINITY;
  for (let now = 0; now < seconds * 1000; now += FRAME_MS) {
    before = Math.max(before, now + late(now) + offset);
    arrivals.add(milliseconds(before), milliseconds(media(now)));
  }
  return arrivals;
}

/** A value from 0 to 1 that depends on the moment. */
const noise = (now: number): number => Math.abs(Math.sin(now * 12.9898));
const during = (from: number, length: number) => (now: number) =>
  now >= from && now < from + length ? from + length - now : 0;

describe('the evidence of arrivals', () => {
  it('is zero if the delay is constant, whatever the delay and the clocks are', () => {
    const time = fc.integer({ min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(time, time, fc.nat(2_000), (offset, origin, delay) => {
        const { evidence } = learn(5, () => delay, { offset, media: (now) => now + origin });
        expect(evidence.repeating).toBeCloseTo(0, 3);
        expect(evidence.worst).toBeCloseTo(0, 3);
      }),
      { numRuns: 30 },
    );
  });

  it('is the spread around the usual delay if the delay varies', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 25 }), (jitter) => {
        const { evidence } = learn(61, (now) => jitter * noise(now));
        expect(evidence.repeating).toBeGreaterThan(jitter * 0.25);
        expect(evidence.worst).toBeLessThanOrEqual(jitter);
      }),
      { numRuns: 20 },
    );
  });

  it('takes one delay for an accident, but not two', () => {
    const once = learn(30, during(10_000, 300)).evidence;
    expect(once.worst).toBeGreaterThan(280);
    expect(once.repeating).toBeLessThan(5);
    const [first, second] = [during(10_000, 300), during(20_000, 200)];
    const twice = learn(30, (now) => first(now) + second(now)).evidence;
    expect(twice.worst).toBeGreaterThan(270);
    expect(twice.repeating).toBeGreaterThan(160);
    expect(twice.repeating).toBeLessThan(201);
  });

  it('tells what comes often from what comes now and then', () => {
    const rarely = learn(60, (now) => during(9_000, 150)(now % 20_000));
    expect(rarely.evidence.repeating).toBeGreaterThan(100);
    expect(rarely.evidence.often).toBeLessThan(5);
    const often = learn(60, (now) => during(2_000, 150)(now % 4_000));
    expect(often.evidence.often).toBeGreaterThan(100);
  });

  it('learns nothing from an overload that has ended', () => {
    const arrivals = learn(30, (now) => Math.max(0, now - 29_000) / 2);
    expect(arrivals.evidence.worst).toBeGreaterThan(300);
    arrivals.forgetOverload(milliseconds(30_000));
    expect(arrivals.evidence.worst).toBeLessThan(5);
  });

  it('forgets after a minute', () => {
    expect(learn(69, during(10_000, 300)).evidence.worst).toBeGreaterThan(280);
    expect(learn(72, during(10_000, 300)).evidence.worst).toBeLessThan(1);
  });

  it('says nothing about a connection that was cut', () => {
    const { evidence } = learn(30, during(10_000, 3_000));
    expect(evidence.worst).toBeLessThan(5);
    expect(evidence.isCut).toBe(false);
    expect(learn(14, during(10_000, 3_000)).evidence.isCut).toBe(true);
  });

  it('starts over when the network has become slower for good', () => {
    const { evidence } = learn(30, (now) => (now < 10_000 ? 0 : 1_500));
    expect(evidence.worst).toBeLessThan(5);
  });

  it('is small if an encoder does not keep up, because the playhead follows it', () => {
    const { evidence } = learn(60, () => 20, { media: (now) => now * 0.95 });
    expect(evidence.worst).toBeLessThan(150);
  });

  it('survives a new time line and a clock that drifts', () => {
    const restarted = learn(30, () => 20, { media: (now) => (now < 15_000 ? now : now + 5e6) });
    expect(restarted.evidence.worst).toBeLessThan(1);
    const drifting = learn(300, () => 20, { media: (now) => now * 1.0002 });
    expect(drifting.evidence.worst).toBeLessThan(12);
  });
});
