import { ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudioConfig, AudioFrame } from '../codec/codec.js';
import { AudioClock, endOf } from './audio-clock.js';

const FRAME = 1_024;
const CONFIG: AudioConfig = {
  ...{ kind: 'audio', format: 'aac', codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
  description: Uint8Array.of(0x11, 0x90),
};

/** Frames, each with its time stamp in samples; @returns where each begins */
function counted(stamps: readonly number[]): number[] {
  const clock = new AudioClock(0x101);
  return stamps.flatMap((stamp) => {
    const pts = Math.round((stamp * 90_000) / 48_000);
    const frame: AudioFrame = { data: new Uint8Array(1), config: CONFIG, length: FRAME, pts };
    const place = (at: number) => ({ decode: ticks90k(at), presentation: ticks90k(at), epoch: 0 });
    return clock.runs([frame], place).map((run) => endOf(run) - FRAME);
  });
}

describe('AudioClock', () => {
  it('counts on over jitter and rounding', () => {
    const jitter = fc.integer({ min: -400, max: 400 });
    fc.assert(
      fc.property(fc.array(jitter, { minLength: 2, maxLength: 200 }), (jitters) => {
        const places = counted(jitters.map((off, n) => 48_000 + n * FRAME + (n === 0 ? 0 : off)));
        expect(places).toEqual(jitters.map((_, n) => places[0]! + n * FRAME));
      }),
    );
  });

  it('does not stay beside time stamps that are one frame further on', () => {
    const stamps = Array.from({ length: 200 }, (_, n) => 48_000 + (n + (n >= 50 ? 1 : 0)) * FRAME);
    const places = counted(stamps);
    const apart = places.map((place, n) => Math.abs(place - stamps[n]!));
    expect(Math.max(...apart)).toBeLessThanOrEqual(FRAME + 1);
    // A third of a second later.
    expect(Math.max(...apart.slice(50 + 16))).toBeLessThanOrEqual(1);
  });

  it('keeps within 10 ms of time stamps whose clock runs differently', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000, max: 2_000 }), (millionths) => {
        const stamps = Array.from({ length: 3_000 }, (_, n) => 48_000 + n * FRAME * (1 + millionths / 1e6));
        const apart = counted(stamps).map((place, n) => Math.abs(place - stamps[n]!) / 48);
        // And what comes until that is certain.
        expect(Math.max(...apart)).toBeLessThan(10 + 1);
      }),
    );
  });
});
