import { describe, expect, it } from 'vitest';
import { Follower } from './follower.js';

const RATE = 48_000;
const QUANTUM = 128;
const FRAME = 1_024;
/** The delay of encoder, network and decoder together. */
const DELAY_S = 0.06;

/** Sound comes in frames. Each one arrives when its last instant is this old. */
function setUp(outputRate = RATE, frame = FRAME, pitch = RATE / (2 * Math.PI * 17)) {
  const follower = new Follower(outputRate);
  let now = 0;
  let next = 0;
  const heard: number[] = [];
  return {
    follower,
    heard,
    now: () => now,
    play(seconds: number, { stops = false } = {}): void {
      for (const until = now + seconds; now < until; now += QUANTUM / outputRate) {
        while (!stops && (next + frame) / RATE + DELAY_S <= now) {
          const channel = Float32Array.from({ length: frame }, (_, i) =>
            Math.sin((2 * Math.PI * pitch * (next + i)) / RATE),
          );
          follower.take({ start: next, rate: RATE, channels: [channel, channel] });
          next += frame;
        }
        const output = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
        follower.render(output, now);
        heard.push(...output[0]!);
      }
    },
  };
}

const loudness = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

const steepest = (values: readonly number[]): number =>
  values.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i - 1] ?? value))), 0);

const windows = (values: readonly number[], length: number): (readonly number[])[] =>
  Array.from({ length: Math.floor(values.length / length) }, (_, i) =>
    values.slice(Math.floor(i * length), Math.floor((i + 1) * length)),
  );

describe('the follower', () => {
  it.each([RATE, 44_100])(
    'plays in step with the picture, at %i Hz, and reports how much was in hand',
    (outputRate) => {
      const { follower, play, heard } = setUp(outputRate);
      follower.aim({ type: 'follow', at: 0, media: -0.14, rate: 1 });
      play(1);
      follower.report();
      play(3);
      const { offsetMs, leastMs, underruns, jumps, splices } = follower.report();
      expect(offsetMs).toBeCloseTo(0, 0);
      // 140 - 60 - one frame of 21 ms, at least.
      expect(leastMs).toBeGreaterThan(50);
      expect(leastMs).toBeLessThan(62);
      expect({ underruns, jumps, splices }).toEqual({ underruns: 0, jumps: 0, splices: 0 });
      expect(loudness(heard.slice(-outputRate))).toBeCloseTo(Math.SQRT1_2, 1);
    },
  );

  it('is silent until the picture moves, and while there is no picture to follow', () => {
    const { follower, play, heard } = setUp();
    play(1);
    expect(loudness(heard)).toBe(0);
    follower.aim({ type: 'follow', at: 0, media: -0.2, rate: 1 });
    play(1);
    follower.aim({ type: 'hold' });
    play(0.5);
    expect(loudness(heard.slice(-0.4 * RATE))).toBe(0);
  });

  it('counts an underrun, and is in step again afterwards', () => {
    const { follower, play, heard } = setUp();
    follower.aim({ type: 'follow', at: 0, media: -0.15, rate: 1 });
    play(2);
    play(0.5, { stops: true });
    play(2);
    const { underruns, offsetMs } = follower.report();
    expect(underruns).toBe(1);
    expect(offsetMs).toBeCloseTo(0, 0);
    expect(loudness(heard.slice(-RATE))).toBeCloseTo(Math.SQRT1_2, 1);
  });

  it.each([RATE, 44_100])(
    'stretches the sound while more of it is late by up to 50 ms, at %i Hz: no hole, no click',
    (outputRate) => {
      for (let stopMs = 10; stopMs <= 60; stopMs += 2) {
        const { follower, play, heard } = setUp(outputRate);
        // 9 ms are left when sound comes.
        follower.aim({ type: 'follow', at: 0, media: -DELAY_S - FRAME / RATE - 0.009, rate: 1 });
        play(2);
        expect(follower.report()).toMatchObject({ underruns: 0, splices: 0 });
        const from = heard.length;
        play(stopMs / 1000, { stops: true });
        play(0.1);
        const { underruns, leastMs } = follower.report();
        expect({ stopMs, underruns }).toEqual({ stopMs, underruns: 0 });
        // How much was in hand is told without the stretching.
        expect(leastMs).toBeGreaterThan(2 - stopMs);
        expect(leastMs).toBeLessThan(33 - stopMs);
        const during = heard.slice(from);
        const loudest = windows(during, outputRate / 200).map((window) => Math.max(...window.map(Math.abs)));
        expect(Math.min(...loudest)).toBeGreaterThan(0.6);
        expect(steepest(during)).toBeLessThan((1.6 / 17) * (RATE / outputRate));
        play(2);
        expect(Math.abs(follower.report().offsetMs!)).toBeLessThan(10);
      }
    },
  );

  it.each([240, 480, 960, 1_024])(
    'is in step again some time after a stretch, with frames of %i',
    (frame) => {
      for (const pitch of [83, 100, 111, 125, 230, 440]) {
        for (const leftMs of [7, 12]) {
          const { follower, play } = setUp(RATE, frame, pitch);
          follower.aim({ type: 'follow', at: 0, media: -DELAY_S - frame / RATE - leftMs / 1000, rate: 1 });
          play(1);
          play(0.04, { stops: true });
          play(8);
          const { splices } = follower.report();
          play(2);
          const after = follower.report();
          expect({ pitch, leftMs, inStep: Math.abs(after.offsetMs!) < 15 }).toEqual({
            pitch,
            leftMs,
            inStep: true,
          });
          // Now and then, not all the time.
          expect(after.splices - splices).toBeLessThan(6);
        }
      }
    },
  );

  it('stretches the sound for no longer than that, and falls silent without a click', () => {
    const { follower, play, heard } = setUp();
    follower.aim({ type: 'follow', at: 0, media: -DELAY_S - FRAME / RATE - 0.009, rate: 1 });
    play(2);
    const from = heard.length;
    play(0.5, { stops: true });
    const silent = heard.slice(from).findIndex((_, i, all) => loudness(all.slice(i, i + 480)) === 0);
    expect(silent / RATE).toBeGreaterThan(0.05);
    expect(silent / RATE).toBeLessThan(0.03 + 0.086 + 0.007);
    expect(steepest(heard.slice(from))).toBeLessThan(1.6 / 17);
    expect(follower.report().underruns).toBe(1);
  });

  it('plays on by itself while the picture is hidden, even after a pause in the data', () => {
    const { follower, play, now, heard } = setUp();
    follower.aim({ type: 'follow', at: 0, media: -0.15, rate: 1 });
    play(2);
    follower.aim({ type: 'free' });
    play(5);
    expect(loudness(heard.slice(-RATE))).toBeCloseTo(Math.SQRT1_2, 1);
    play(1, { stops: true });
    play(5);
    expect(loudness(heard.slice(-RATE))).toBeCloseTo(Math.SQRT1_2, 1);
    // The picture is visible again, at the live edge.
    follower.aim({ type: 'follow', at: now(), media: now() - 0.15, rate: 1 });
    play(2);
    expect(Math.abs(follower.report().offsetMs!)).toBeLessThan(5);
  });

  it('asks for no lead when the picture jumps, or when the sound just ends', () => {
    const { follower, play, now } = setUp();
    follower.aim({ type: 'follow', at: 0, media: -0.15, rate: 1 });
    play(2);
    follower.report();
    play(3, { stops: true });
    expect(follower.report().leastMs).toBeUndefined();
    play(1);
    follower.report();
    follower.aim({ type: 'follow', at: now(), media: now() - 5, rate: 1 });
    play(0.05);
    follower.aim({ type: 'follow', at: now(), media: now() - 0.15, rate: 1 });
    play(1);
    expect(follower.report().leastMs).toBeGreaterThan(30);
  });

  it('forgets the sound of an old timeline', () => {
    const { follower, play, heard } = setUp();
    follower.aim({ type: 'follow', at: 0, media: -0.15, rate: 1 });
    play(1);
    follower.reset();
    play(0.1, { stops: true });
    expect(loudness(heard.slice(-0.05 * RATE))).toBe(0);
  });
});
