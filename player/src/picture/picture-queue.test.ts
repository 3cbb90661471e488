import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { MediaClock } from '../core/release.js';
import { PictureQueue } from './picture-queue.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The part of a VideoFrame that we use. */
class Picture {
  closed = 0;
  readonly timestamp: number;

  constructor(ms: number) {
    this.timestamp = ms * 1000;
  }

  close(): void {
    this.closed += 1;
  }
}

const STEP = 33;
const DO = fc.array(
  fc.record({
    what: fc.constantFrom('add' as const, 'add' as const, 'wait' as const, 'hold' as const, 'jump' as const),
    by: fc.integer({ min: 1, max: 200 }),
  }),
  { maxLength: 80 },
);

it('shows or closes each picture once, in their order, and keeps none', () => {
  fc.assert(
    fc.property(DO, (steps) => {
      const pictures: Picture[] = [];
      const shown: number[] = [];
      let skipped = 0;
      let clock: MediaClock | undefined = { media: milliseconds(0), at: Milliseconds.now(), rate: 1 };
      const queue = new PictureQueue({
        clock: () => clock,
        coming: () => undefined,
        keepsAll: () => false,
        show: (picture) => {
          shown.push(picture.timestamp);
          picture.close();
        },
        onSkipped: (count) => {
          skipped += count;
        },
        onTaken: () => {},
      });
      for (const { what, by } of steps) {
        if (what === 'add') {
          const picture = new Picture(pictures.length * STEP);
          pictures.push(picture);
          queue.add(picture as unknown as VideoFrame);
        }
        if (what === 'wait') vi.advanceTimersByTime(by);
        if (what === 'hold') clock = undefined;
        if (what === 'jump') {
          clock = { media: milliseconds(pictures.length * STEP - by), at: Milliseconds.now(), rate: 1 };
          queue.release();
        }
      }
      queue.clear();
      expect(pictures.filter(({ closed }) => closed !== 1)).toEqual([]);
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
      expect(shown.length + skipped).toBe(pictures.length);
    }),
  );
});

it.each([
  ['only the newest', false, 2],
  ['all, for a group,', true, 60],
])('keeps %s pictures before there is a clock', (_, keepsAll, kept) => {
  let skipped = 0;
  const queue = new PictureQueue({
    ...{ clock: () => undefined, coming: () => undefined, show: () => {}, onTaken: () => {} },
    keepsAll: () => keepsAll,
    onSkipped: (count) => {
      skipped += count;
    },
  });
  for (let n = 0; n < 60; n++) queue.add(new Picture(n * STEP) as unknown as VideoFrame);
  expect(queue.length).toBe(kept);
  expect(skipped).toBe(60 - kept);
});
