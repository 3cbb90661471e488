import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { describe, expect, it } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { Meter } from './meter.js';

const chunk = (decodeTime: number, change: Partial<Chunk> = {}): Chunk =>
  chunkOf(1, { data: new Uint8Array(1880), decodeTime: ticks90k(decodeTime), ...change });

describe('Meter', () => {
  it('measures bitrate and frame rate, also over the uneven step at the end of a clip', () => {
    const meter = new Meter();
    for (let frame = 0, time = 0; frame < 200; frame++) {
      meter.add(chunk(time, { keyframe: frame % 30 === 0 }), milliseconds(time / 90));
      meter.add(chunk(time, { audioOnly: true }), milliseconds(time / 90));
      time += frame % 50 === 49 ? 5700 : 3003;
    }
    expect(meter.frameRate).toBe(29.97);
    expect(meter.bitrate).toBeGreaterThan(820_000);
    expect(meter.bitrate).toBeLessThan(905_000);
    expect(meter.warnings).toEqual([]);
  });

  it.each([30, 29.97, 25, 60, 59.94])('knows %s pictures a second by times in milliseconds', (rate) => {
    const meter = new Meter();
    for (let frame = 0; frame < 400; frame++) {
      const time = Math.round((frame * 1_000) / rate) * 90;
      meter.add(chunk(time, { keyframe: frame % 30 === 0 }), milliseconds(time / 90));
    }
    expect(meter.frameRate).toBe(rate);
  });

  it('says nothing of the rate of pictures that all have one time', () => {
    const meter = new Meter();
    for (let frame = 0; frame < 90; frame++) {
      const time = frame % 30 === 0 ? frame * 3_000 : Math.floor(frame / 30) * 90_000;
      meter.add(chunk(time), milliseconds(frame * 33));
    }
    expect(meter.frameRate).toBeUndefined();
    expect(Number.isFinite(meter.bitrate)).toBe(true);
  });

  it('warns of B-frames and long GOPs, not of a mere shift', () => {
    const [shifted, reordered] = [new Meter(), new Meter()];
    const offsets = [6000, 12000, 3000, 0];
    for (let frame = 0; frame < 200; frame++) {
      const at = milliseconds(frame * 33.4);
      shifted.add(
        chunk(frame * 3003, { keyframe: frame % 60 === 0, presentationOffset: ticks90k(3003) }),
        at,
      );
      reordered.add(
        chunk(frame * 3003, { keyframe: frame === 0, presentationOffset: ticks90k(offsets[frame % 4]!) }),
        at,
      );
    }
    expect(shifted.warnings).toEqual([]);
    expect(reordered.warnings[0]).toContain('B-frames');
    expect(reordered.warnings[1]).toContain('keyframes up to 6.6 s apart');
  });
});
