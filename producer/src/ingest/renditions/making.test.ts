import { bitsPerSecond } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { isSameMaking, makingOf, type Original } from './making.js';

const LIMITS = { maxHeight: 720, maxVideoBitrate: bitsPerSecond(3_000_000) };
const hd: Original = { pid: 0x100, codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 };
const fullHd: Original = { ...hd, width: 1920, height: 1080 };
const LADDER = [{ height: 1080 }, { height: 720 }, { height: 360, bitrate: 500_000 }];
const heights = (original: Original, ladder = LADDER): (number | undefined)[] =>
  (makingOf(original, ladder, LIMITS)?.rungs ?? []).map(({ height }) => height);

describe('what is made of a picture that comes', () => {
  it('is smaller than that, and as small as the operator wants it', () => {
    expect(heights(fullHd)).toEqual([720, 360]);
    expect(heights(hd)).toEqual([360]);
    expect(heights({ ...hd, height: 2160 })).toEqual([720, 360]);
    expect(heights({ ...hd, height: 360 })).toEqual([]);
    expect(makingOf(hd, undefined, LIMITS)).toBeUndefined();
  });

  it('has the bitrate that is asked for, or one that suits it', () => {
    expect(makingOf(fullHd, LADDER, LIMITS)!.rungs).toEqual([
      { height: 720, bitrate: 3_000_000 },
      { height: 360, bitrate: 500_000 },
    ]);
  });

  it('needs another encoder for another picture or other sizes, but not for another rate', () => {
    const one = makingOf(fullHd, LADDER, LIMITS)!;
    expect(isSameMaking(one, makingOf({ ...fullHd, frameRate: 29.97 }, LADDER, LIMITS)!)).toBe(true);
    expect(isSameMaking(one, makingOf({ ...fullHd, width: 1440 }, LADDER, LIMITS)!)).toBe(false);
    expect(isSameMaking(one, makingOf({ ...fullHd, codec: 'hvc1' }, LADDER, LIMITS)!)).toBe(false);
    expect(isSameMaking(one, makingOf(fullHd, LADDER.slice(0, 2), LIMITS)!)).toBe(false);
  });
});
