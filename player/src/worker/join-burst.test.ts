import { seconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JoinBurst } from './join-burst.js';

const BOTH: readonly TrackKind[] = ['video', 'audio'];
const fragment = (track: TrackKind): Fragment => ({
  track,
  data: new Uint8Array(1),
  start: seconds(0),
  end: seconds(1),
  keyframe: true,
  samples: 1,
  discontinuity: false,
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function burst({ announced = BOTH, isLive = (): boolean | undefined => undefined } = {}) {
  const done = vi.fn();
  return {
    done,
    burst: new JoinBurst(announced, isLive, (fragments, tracks) => done(fragments.length, [...tracks])),
  };
}

it('ends with the first pause, once all announced tracks are there', () => {
  const { burst: collected, done } = burst();
  collected.add([fragment('video')]);
  vi.advanceTimersByTime(300);
  expect(done).not.toHaveBeenCalled();
  collected.add([fragment('video'), fragment('audio')]);
  vi.advanceTimersByTime(7);
  collected.add([fragment('video')]);
  vi.advanceTimersByTime(8);
  expect(done.mock.calls).toEqual([[4, ['video', 'audio']]]);
});

it('goes on without a track that was announced and does not come', () => {
  const { burst: collected, done } = burst();
  for (let ms = 0; ms < 1_100; ms += 33) {
    if (!done.mock.calls.length) collected.add([fragment('video')]);
    vi.advanceTimersByTime(33);
  }
  expect(done.mock.calls[0]?.[1]).toEqual(['video']);
});

it('bears with pauses while the newest chunk is known to be old, but not for ever', () => {
  let live = false;
  const patient = burst({ isLive: () => live });
  patient.burst.add([fragment('video'), fragment('audio')]);
  vi.advanceTimersByTime(60);
  expect(patient.done).not.toHaveBeenCalled();
  live = true;
  patient.burst.add([fragment('video')]);
  vi.advanceTimersByTime(8);
  expect(patient.done).toHaveBeenCalledTimes(1);

  const endless = burst({ isLive: () => false });
  endless.burst.add([fragment('video'), fragment('audio')]);
  vi.advanceTimersByTime(120);
  expect(endless.done).toHaveBeenCalledTimes(1);
});
