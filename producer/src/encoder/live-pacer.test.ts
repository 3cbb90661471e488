import { milliseconds, ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { LivePacer } from './live-pacer.js';

const FRAME_MS = 40;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const out: { readonly at: number; readonly time: number }[] = [];
  const encoder = {
    paused: false,
    pause: () => (encoder.paused = true),
    resume: () => (encoder.paused = false),
  };
  const begin = performance.now();
  const pacer = new LivePacer(
    (chunk) => out.push({ at: performance.now() - begin, time: chunk.decodeTime / 90 }),
    encoder,
  );
  let next = 0;
  const send = (frames: number, from = next, discontinuity = false): void => {
    for (let n = 0; n < frames; n++) {
      pacer.push(
        chunkOf(1, {
          discontinuity: discontinuity && n === 0,
          decodeTime: ticks90k((from + n) * FRAME_MS * 90),
        }),
      );
    }
    next = from + frames;
  };
  /** Segments of so many frames, each when it is complete and a little later. */
  const segments = (count: number, frames: number, laterMs: (n: number) => number = () => 0): void => {
    for (let n = 0; n < count; n++) {
      const later = laterMs(n);
      vi.advanceTimersByTime(later);
      send(frames);
      vi.advanceTimersByTime(frames * FRAME_MS - later);
    }
  };
  const pausesSince = (since: number): number[] => {
    const seen = out.filter(({ at }) => at >= since);
    return seen.slice(1).map(({ at }, n) => at - seen[n]!.at);
  };
  return { pacer, out, encoder, send, segments, pausesSince };
}

describe('LivePacer', () => {
  it('lets pass at once what comes evenly, with its jitter', () => {
    const jitters = fc.array(fc.integer({ min: 0, max: 35 }), { minLength: 50, maxLength: 300 });
    fc.assert(
      fc.property(jitters, (all) => {
        const { out, send, pacer } = setUp();
        let held = 0;
        for (const jitter of all) {
          vi.advanceTimersByTime(jitter);
          send(1);
          held = Math.max(held, out.length === 0 ? 1 : pacer.delay);
          vi.advanceTimersByTime(FRAME_MS - jitter);
        }
        // No frame is kept for longer than what comes latest is late.
        expect(held).toBeLessThanOrEqual(35);
        expect(out.length).toBeGreaterThanOrEqual(all.length - 1);
      }),
      { numRuns: 50 },
    );
  });

  it('releases all that comes, in its order, whatever happens', () => {
    const steps = fc.array(
      fc.record({
        frames: fc.integer({ min: 0, max: 200 }),
        wait: fc.integer({ min: 0, max: 9_000 }),
        jump: fc.integer({ min: 0, max: 20 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const { out, send, pacer } = setUp();
        const sent: number[] = [];
        let next = 0;
        for (const { frames, wait, jump } of all) {
          if (jump === 0) next += 100_000;
          for (let n = 0; n < frames; n++) sent.push((next + n) * FRAME_MS);
          send(frames, next, jump === 0);
          next += frames;
          vi.advanceTimersByTime(wait);
        }
        vi.advanceTimersByTime(400_000);
        expect(out.map(({ time }) => time)).toEqual(sent);
        expect(pacer.close()).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('evens segments out after the first gap, at the delay that they demand', () => {
    const { pausesSince, segments, pacer } = setUp();
    segments(20, 100, (n) => (n * 377) % 500);
    // The first gap, and until the latest of the segments has come.
    expect(Math.max(...pausesSince(20_000))).toBeLessThanOrEqual(500);
    expect(Math.max(...pausesSince(40_000))).toBeLessThanOrEqual(FRAME_MS + 100);
    expect(pacer.delay).toBeGreaterThan(3_500);
    expect(pacer.delay).toBeLessThan(4_600);
  });

  it('plays what comes as fast as it is read at the pace of the time, and holds the encoder back', () => {
    const { out, encoder, send, pacer } = setUp();
    for (let ms = 0; ms < 60_000; ms += 10) {
      if (!encoder.paused) send(5);
      vi.advanceTimersByTime(10);
    }
    const late = out.map(({ at, time }) => at - time);
    expect(Math.max(...late) - Math.min(...late)).toBeLessThanOrEqual(2);
    expect(out.length).toBeGreaterThan(1_490);
    expect(pacer.delay).toBe(0);
  });

  it('gives up a delay that nothing demands any more, and more slowly where it was wrong', () => {
    const { out, send, segments } = setUp();
    // What had waited for the encoder to start.
    send(50);
    for (let ms = 0; ms < 10_000; ms += FRAME_MS) {
      vi.advanceTimersByTime(FRAME_MS);
      send(1);
    }
    const { at, time } = out.at(-1)!;
    expect(at - time).toBeLessThan(-1_900);
    // Now and then a gap of three seconds: the delay stays.
    segments(10, 75);
    const pauses = out.slice(-400).map((seen, n, all) => seen.at - (all[n - 1] ?? seen).at);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(FRAME_MS + 100);
  });

  it('goes on behind a jump of the time stamps, and releases all that is left at the end', async () => {
    const { out, send, pacer } = setUp();
    send(100);
    send(25, 1_000_000, true);
    send(25, 5, true);
    const drained = pacer.drained(new AbortController().signal);
    vi.advanceTimersByTime(7_000);
    await drained;
    expect(out).toHaveLength(150);
    const pauses = out.slice(1).map(({ at }, n) => at - out[n]!.at);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(FRAME_MS + 1);
    expect(pacer.close()).toBe(0);
  });

  it('goes on behind a jump that only one track tells of, and that nobody has marked', () => {
    const { out, send, pausesSince, pacer } = setUp();
    for (let n = 0; n < 100; n++) {
      send(1, n === 50 ? 100_000 : undefined);
      vi.advanceTimersByTime(FRAME_MS);
    }
    expect(out).toHaveLength(100);
    expect(Math.max(...pausesSince(0))).toBeLessThanOrEqual(FRAME_MS + 1);
    expect(pacer.isFull).toBe(false);
  });

  it('does not take for a recording what began with a large burst', () => {
    const { out, encoder, send } = setUp();
    send(450);
    for (let ms = 0; ms < 60_000; ms += FRAME_MS) {
      vi.advanceTimersByTime(FRAME_MS);
      send(1);
    }
    expect(encoder.paused).toBe(false);
    // At the live edge.
    expect(out.at(-1)!.time).toBeGreaterThan((450 + 60_000 / FRAME_MS - 6) * FRAME_MS);
  });

  it('begins with the delay that is known already', () => {
    const out: number[] = [];
    const begin = performance.now();
    const valve = { pause: () => undefined, resume: () => undefined };
    const pacer = new LivePacer(() => out.push(performance.now() - begin), valve, milliseconds(3_000));
    pacer.push(chunkOf(1, { decodeTime: ticks90k(0) }));
    expect([out, pacer.isHolding]).toEqual([[], true]);
    vi.advanceTimersByTime(3_000);
    expect(out).toEqual([3_000]);
  });

  it('goes on when one track comes after the other', () => {
    const { out, pacer, pausesSince } = setUp();
    const push = (ms: number, audioOnly: boolean) =>
      pacer.push(chunkOf(1, { audioOnly, decodeTime: ticks90k(ms * 90) }));
    for (let ms = 0; ms < 10_000; ms += FRAME_MS) {
      push(ms, false);
      if (ms >= 800) push(ms - 800, true);
      vi.advanceTimersByTime(FRAME_MS);
    }
    expect(Math.max(...pausesSince(0))).toBeLessThanOrEqual(FRAME_MS + 1);
    expect(out.length).toBeGreaterThan(470);
  });

  it.each([200, -200])('follows a clock that is %s millionths off for an hour', (millionths) => {
    const { out, pacer } = setUp();
    let held = 0;
    for (let n = 0; n < 3_600 * (1_000 / FRAME_MS); n++) {
      const time = n * FRAME_MS * (1 + millionths / 1e6);
      pacer.push(chunkOf(1, { decodeTime: ticks90k(Math.round(time * 90)) }));
      vi.advanceTimersByTime(FRAME_MS);
      held = Math.max(held, pacer.delay);
    }
    // Less than what counts as jitter, and two frames; it would be 720 ms.
    expect(held).toBeLessThan(190);
    expect(out.length).toBeGreaterThan(3_600 * (1_000 / FRAME_MS) - 5);
    const pauses = out.slice(1).map(({ at }, n) => at - out[n]!.at);
    expect(Math.max(...pauses.slice(100))).toBeLessThan(150);
  });
});
