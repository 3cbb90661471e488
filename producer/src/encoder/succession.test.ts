import type { Track } from '@topicast/contracts/catalog';
import { Milliseconds, ticks90k } from '@topicast/contracts/units';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { Entrance, type Succession, Successor } from './succession.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const PICTURES: Track = { kind: 'video', pid: 256, codec: 'avc1.64001f' } as Track;
const SOUND: Track = { kind: 'audio', pid: 257, codec: 'mp4a.40.2' } as Track;
const wanted = { kinds: ['video', 'audio'], delay: Milliseconds.zero } as const;

describe('Entrance', () => {
  function setUp(succession?: Succession) {
    const events: string[] = [];
    const entrance = new Entrance(
      succession && { ...succession, takeOver: () => events.push('take over') },
      () => events.push('on air'),
      (rendition, chunk) => events.push(`${rendition}:${chunk.decodeTime}`),
    );
    return { events, entrance };
  }
  const chunk = (at: number, keyframe = false, audioOnly = false) =>
    chunkOf(1, { keyframe, audioOnly, decodeTime: ticks90k(at) });

  it('is open at once for an encoder that follows nobody', () => {
    const { events, entrance } = setUp();
    entrance.push(0, chunk(1), []);
    expect(events).toEqual(['on air', '0:1']);
  });

  it('opens at a keyframe with all tracks, at the live edge, for all renditions', () => {
    const { events, entrance } = setUp({ ...wanted, takeOver: () => undefined });
    // What was read to find the tracks.
    for (let time = 0; time < 9; time++) entrance.push(0, chunk(time * 90_000, true), [PICTURES, SOUND]);
    vi.advanceTimersByTime(1_000);
    entrance.push(0, chunk(9 * 90_000, true), [PICTURES]);
    vi.advanceTimersByTime(1_000);
    entrance.push(1, chunk(2, true), [PICTURES]);
    entrance.push(1, chunk(3, true), [PICTURES]);
    entrance.push(1, chunk(4), [PICTURES]);
    entrance.push(0, chunk(5), [PICTURES, SOUND]);
    entrance.push(0, chunk(6, true, true), [PICTURES, SOUND]);
    expect([events, entrance.isOpen]).toEqual([[], false]);
    entrance.push(0, chunk(10 * 90_000, true), [PICTURES, SOUND]);
    entrance.push(1, chunk(8), [PICTURES]);
    expect(events).toEqual(['take over', 'on air', '0:900000', '1:2', '1:3', '1:4', '1:8']);
  });
});

describe('Successor', () => {
  function setUp() {
    const attempts: {
      readonly takeOver: () => void;
      readonly signal: AbortSignal;
      end(how: string): void;
    }[] = [];
    const failed: string[] = [];
    const successor = new Successor<string>(
      ({ takeOver }, signal) =>
        new Promise((resolve) => {
          attempts.push({ takeOver, signal, end: resolve });
          signal.addEventListener('abort', () => resolve('cancelled'));
        }),
      (end) => failed.push(end),
    );
    return { attempts, failed, successor };
  }

  it('is one at a time, ends when it does not come on air, and is tried again later', async () => {
    const { attempts, failed, successor } = setUp();
    successor.attempt(wanted);
    successor.attempt(wanted);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([failed, successor.replaced.aborted]).toEqual([['cancelled'], false]);
    successor.attempt(wanted);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_000);
    successor.attempt(wanted);
    expect(attempts).toHaveLength(2);
  });

  it('that is on air goes on, whatever its time limit was', async () => {
    const { attempts, failed, successor } = setUp();
    successor.attempt(wanted);
    attempts[0]!.takeOver();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([successor.replaced.aborted, attempts[0]!.signal.aborted]).toEqual([true, false]);
    const settled = await successor.settle();
    attempts[0]!.end('over');
    expect(await settled?.by).toBe('over');
    expect(failed).toEqual([]);
  });

  it('that is not on air ends with the encoder that it was to follow', async () => {
    const { attempts, successor } = setUp();
    successor.attempt(wanted);
    expect(await successor.settle()).toBeUndefined();
    expect(attempts[0]!.signal.aborted).toBe(true);
    expect(await setUp().successor.settle()).toBeUndefined();
  });
});
