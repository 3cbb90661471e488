import { type Milliseconds, ticks90k } from '@topicast/contracts/units';
import { Chunker } from '@topicast/media/mpegts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SOUND_REELS } from '../testing/reels.js';
import { Slate } from './slate.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('goes on where it was after its process was stopped, and makes up for nothing', async () => {
  const reel = await SOUND_REELS.make({ keyframe: new Uint8Array(0), tracks: [] });
  const times: number[] = [];
  const chunker = new Chunker(({ decodeTime }) => times.push(decodeTime));
  const slate = new Slate(reel, ticks90k(0), (bytes) => chunker.push(bytes));
  await vi.advanceTimersByTimeAsync(1_000);
  const before = times.length;
  expect(before).toBeGreaterThan(10);
  // Its timers are late by an hour.
  const frozen: Milliseconds = performance.now() as Milliseconds;
  vi.spyOn(performance, 'now').mockImplementation(() => frozen + 3_600_000);
  await vi.advanceTimersByTimeAsync(100);
  expect(times.length - before).toBeLessThan(10);
  vi.restoreAllMocks();
  slate.close();
});
