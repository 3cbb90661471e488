import type { Track } from '@topicast/contracts/catalog';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Reel, ReelModel } from './reel.js';
import { ReelKeeper } from './reel-keeper.js';

const logger = pino({ enabled: false });
const REEL: Reel = { picture: undefined, sounds: [] };
const tracks = (height: number, frameRate?: number): Track[] => [
  { kind: 'video', pid: 256, codec: 'avc1.64001f', width: 640, height, frameRate },
];
const keyframe = (byte: number): Uint8Array => Uint8Array.of(byte);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was made, and a keeper to whom that is given at once. */
function keeping(make: () => Promise<Reel> = async () => REEL) {
  const made: number[] = [];
  const maker = {
    isBusy: false,
    make: (model: ReelModel) => {
      made.push(model.keyframe[0]!);
      return make();
    },
  };
  return { made, maker, keeper: new ReelKeeper(maker, logger) };
}

it('makes a reel of the first keyframe, and another one every half minute if there is time', async () => {
  const { made, maker, keeper } = keeping();
  keeper.note(keyframe(0), tracks(360));
  expect(keeper.isReady).toBe(true);
  for (let second = 1; second <= 65; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
    // Rates are measured, and vary.
    keeper.note(keyframe(second), tracks(360, 30 + second / 100));
  }
  expect(made).toEqual([0, 30, 60]);
  maker.isBusy = true;
  await vi.advanceTimersByTimeAsync(60_000);
  keeper.note(keyframe(99), tracks(360));
  expect(made).toEqual([0, 30, 60]);
  expect(keeper.reel).toBe(REEL);
});

it('makes another one at once when the size changes, and of the newest keyframe when it is asked', async () => {
  const { made, maker, keeper } = keeping();
  keeper.note(keyframe(1), tracks(360));
  await vi.advanceTimersByTimeAsync(10);
  maker.isBusy = true;
  keeper.note(keyframe(2), tracks(720));
  expect(keeper.reel).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10);
  keeper.note(keyframe(3), tracks(720));
  expect(await keeper.renew(tracks(720))).toBe(REEL);
  expect(made).toEqual([1, 2, 3]);
});

it('says why there is none, and tries again', async () => {
  let isBroken = true;
  const { made, keeper } = keeping(() =>
    isBroken ? Promise.reject(new Error('no libx265')) : Promise.resolve(REEL),
  );
  keeper.note(keyframe(1), tracks(360));
  await vi.advanceTimersByTimeAsync(10);
  expect(keeper).toMatchObject({ isReady: false, reel: undefined, problem: 'no libx265' });
  isBroken = false;
  await vi.advanceTimersByTimeAsync(30_000);
  keeper.note(keyframe(2), tracks(360));
  await vi.advanceTimersByTimeAsync(10);
  expect(made).toEqual([1, 2]);
  expect(keeper).toMatchObject({ isReady: true, problem: undefined });
});
