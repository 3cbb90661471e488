import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { PathMeter } from './path.js';

const FRAME_MS = 1000 / 30;
/** 1.2 Mbit/s, of which each keyframe is 32 KB. */
const PICTURE_BYTES = 4_054;
const KEYFRAME_BYTES = 8 * PICTURE_BYTES;

interface Sent {
  readonly meter?: PathMeter;
  readonly from?: number;
  readonly seconds: number;
  /** Bits a ms. */
  readonly rate: number;
  readonly extra?: (frame: number) => number;
}

/** Pictures through a link of this rate. */
function send({ meter = new PathMeter(), from = 0, seconds, rate, extra = () => 0 }: Sent): PathMeter {
  let free = 0;
  for (let frame = from * 30; frame < (from + seconds) * 30; frame++) {
    const keyframe = frame % 30 === 0;
    const bytes = keyframe ? KEYFRAME_BYTES : PICTURE_BYTES;
    const media = frame * FRAME_MS;
    free = Math.max(free, media) + (bytes * 8) / rate;
    const at = free + 40 + extra(frame);
    meter.add({ at: milliseconds(at), media: milliseconds(media), bytes, keyframe });
  }
  return meter;
}

describe('the path from the gateway', () => {
  it.each([1.5, 4, 20])('of %d Mbit/s shows in the keyframes', (mbits) => {
    const { burst, isOverloaded } = send({ seconds: 10, rate: mbits * 1000 }).evidence;
    expect(isOverloaded).toBe(false);
    expect(burst! / 1e6).toBeGreaterThan(mbits * 0.8);
    expect(burst! / 1e6).toBeLessThan(mbits * 1.2);
  });

  it('that carries less than is sent is overloaded within a second, and shows how much it carries', () => {
    const meter = send({ seconds: 10, rate: 4_000 });
    const { isOverloaded, throughput, queue } = send({
      ...{ meter, from: 10, seconds: 1, rate: 600 },
    }).evidence;
    expect(isOverloaded).toBe(true);
    expect(throughput! / 1e6).toBeCloseTo(0.6, 1);
    expect(queue).toBeGreaterThan(300);
  });

  it('that carries less than it did is not judged by what it carried before', () => {
    const meter = send({ seconds: 10, rate: 4_000 });
    const { burst } = send({ ...{ meter, from: 10, seconds: 1, rate: 600 } }).evidence;
    expect(burst! / 1e6).toBeLessThan(0.9);
  });

  it('that has become longer is not overloaded', () => {
    const meter = send({ seconds: 20, rate: 20_000, extra: (frame) => (frame > 300 ? 50 : 0) });
    expect(meter.evidence.isOverloaded).toBe(false);
  });

  it('that was cut is not overloaded', () => {
    const cut = (frame: number): number => Math.max(0, 4_000 - Math.max(0, frame - 310) * FRAME_MS);
    const meter = send({ seconds: 15, rate: 20_000, extra: (frame) => (frame > 310 ? cut(frame) : 0) });
    expect(meter.evidence.isOverloaded).toBe(false);
    expect(meter.cutAt).toBeGreaterThan(14_000);
  });
});
