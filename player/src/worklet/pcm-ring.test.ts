import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmRing } from './pcm-ring.js';

const RATE = 8_000;
/** 5 ms. */
const EDGE = 40;
/** The value of each instant tells its place. */
const valueAt = (instant: number): number => ((instant * 7919) % 1000) / 1000;
const block = (start: number, length: number, channels = 1) => ({
  start,
  rate: RATE,
  channels: Array.from({ length: channels }, () =>
    Float32Array.from({ length }, (_, i) => valueAt(start + i)),
  ),
});

describe('the ring of decoded sound', () => {
  it('gives back what was written, in blocks of any size and with repetitions, and keeps the newest', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ length: fc.integer({ min: 1, max: 400 }), back: fc.integer({ min: 0, max: 200 }) }),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        fc.integer({ min: 0, max: 2 ** 33 }),
        (blocks, first) => {
          const ring = new PcmRing(RATE, 1, 0.25);
          let end = first;
          for (const { length, back } of blocks) {
            const start = Math.max(first, end - back);
            ring.write(block(start, length));
            end = Math.max(end, start + length);
          }
          expect(ring.end).toBe(end);
          expect(ring.begin).toBe(Math.max(first, end - RATE / 4));
          const wrong: number[] = [];
          for (let at = Math.max(ring.begin, first + EDGE); at < end; at++) {
            if (Math.abs(ring.at(0, at) - valueAt(at)) > 1e-5) wrong.push(at);
          }
          expect(wrong).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is silent where sound is missing, with soft edges, and outside of what it holds', () => {
    const ring = new PcmRing(RATE, 2, 1);
    const loud = (start: number, length: number) => ({
      start,
      rate: RATE,
      channels: [0, 1].map(() => new Float32Array(length).fill(1)),
    });
    ring.write(loud(1000, 400));
    ring.write(loud(2000, 400));
    const all = Array.from({ length: 1600 }, (_, i) => ring.at(1, 900 + i));
    const steps = all.map((value, i) => Math.abs(value - (all[i - 1] ?? 0)));
    expect(Math.max(...steps.slice(0, 1400))).toBeLessThan(0.03);
    expect(ring.at(0, 1700)).toBe(0);
    expect(ring.at(0, 999)).toBe(0);
    expect(ring.at(0, 2400)).toBe(0);
    expect(ring.at(0, 1200)).toBe(1);
    expect(ring.at(0, 2200)).toBe(1);
  });

  it('starts over when the timeline changes', () => {
    const ring = new PcmRing(RATE, 1, 1);
    ring.write(block(1_000_000, 400));
    ring.write(block(985_000, 400));
    expect([ring.begin, ring.end]).toEqual([985_000, 985_400]);
    ring.write(block(0, 400));
    expect([ring.begin, ring.end]).toEqual([0, 400]);
  });

  it('interpolates a tone between its instants', () => {
    const ring = new PcmRing(RATE, 1, 1);
    const tone = (at: number): number => Math.sin((2 * Math.PI * 200 * at) / RATE);
    ring.write({ start: 0, rate: RATE, channels: [Float32Array.from({ length: 4000 }, (_, i) => tone(i))] });
    let worst = 0;
    for (let at = 100; at < 3900; at += 0.37) worst = Math.max(worst, Math.abs(ring.at(0, at) - tone(at)));
    expect(worst).toBeLessThan(0.001);
  });
});
