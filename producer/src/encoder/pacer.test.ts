import { ticks90k } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { Pacer } from './pacer.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const frame = (ms: number, discontinuity = false): Chunk =>
  chunkOf(1, { discontinuity, decodeTime: ticks90k(ms * 90) });

function setUp() {
  const out: [at: number, ms: number][] = [];
  const encoder = {
    paused: false,
    pause: () => (encoder.paused = true),
    resume: () => (encoder.paused = false),
  };
  const begin = performance.now();
  const pacer = new Pacer((chunk) => out.push([performance.now() - begin, chunk.decodeTime / 90]), encoder);
  /** The encoder's next frames, unless it is held back. */
  let next = 0;
  const encode = (frames: number): void => {
    for (let count = 0; count < frames && !encoder.paused; count++) pacer.push(frame(40 * next++));
  };
  return { pacer, out, encoder, encode };
}

describe('Pacer', () => {
  it('turns bursts into the pace of the timestamps, and holds the encoder back', () => {
    const { out, encode, encoder } = setUp();
    for (let ms = 0; ms < 20_000; ms += 400) {
      // Fast, but in bursts.
      encode(40);
      vi.advanceTimersByTime(400);
    }
    expect(encoder.paused || out.length < 505).toBe(true);
    expect(out.length).toBeGreaterThan(450);
    const lateness = out.map(([at, ms]) => at - ms);
    expect(Math.max(...lateness) - Math.min(...lateness)).toBeLessThan(2);
  });

  it('starts with what is there when the encoder is slow', () => {
    const { out, encode } = setUp();
    for (let ms = 0; ms < 3_000; ms += 40) {
      encode(1);
      vi.advanceTimersByTime(40);
    }
    expect(out[0]![0]).toBeCloseTo(960, -2);
    expect(out.length).toBeGreaterThan(40);
  });

  it('continues after a pause of the encoder without a burst', () => {
    const { out, encode } = setUp();
    encode(30);
    vi.advanceTimersByTime(6_000);
    const before = out.length;
    encode(30);
    vi.advanceTimersByTime(400);
    expect(out.length - before).toBeLessThanOrEqual(12);
    expect(out.length - before).toBeGreaterThan(5);
  });

  it('follows a jump of the timestamps', () => {
    const { out, encode, pacer } = setUp();
    encode(10);
    for (let ms = 0; ms < 1_000; ms += 40) pacer.push(frame(5_000_000 + ms, ms === 0));
    vi.advanceTimersByTime(3_000);
    expect(out).toHaveLength(35);
    const [last, first] = [out[34]!, out[10]!];
    expect(last[0] - first[0]).toBeCloseTo(960, -1);
  });

  it('goes on at its pace when one track comes after the other', () => {
    const { out, pacer } = setUp();
    const sound = (ms: number): Chunk => chunkOf(1, { audioOnly: true, decodeTime: ticks90k(ms * 90) });
    // Two seconds without a picture; then the pictures come, and both go on.
    for (let ms = 0; ms < 2_000; ms += 40) pacer.push(frame(ms));
    for (let ms = 2_000; ms < 4_000; ms += 40) pacer.push(sound(ms));
    vi.advanceTimersByTime(4_100);
    for (let ms = 2_000; ms < 8_000; ms += 40) pacer.push(frame(ms));
    vi.advanceTimersByTime(6_000);
    const lateness = out.filter(([, ms]) => ms < 1_900 || ms > 5_000).map(([at, ms]) => at - ms);
    expect(Math.max(...lateness) - Math.min(...lateness)).toBeLessThan(100);
    expect(out).toHaveLength(250);
  });

  it('reports at its end how much it still held', () => {
    const { out, encode, pacer } = setUp();
    encode(20);
    vi.advanceTimersByTime(1_700);
    expect(pacer.close()).toBe(20 - out.length);
    expect(pacer.close()).toBe(0);
  });
});
