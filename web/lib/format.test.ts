import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codecName,
  formatBitrate,
  formatCount,
  formatDuration,
  formatFrameRate,
  formatLatency,
  formatQuality,
  plural,
} from './format';

describe('numbers for people', () => {
  it('gives latency in the unit that matters', () => {
    expect([172.4, 999.4, 1_240, 9_940, 12_300, -8, Number.NaN].map(formatLatency)).toEqual([
      '172 ms',
      '999 ms',
      '1.2 s',
      '9.9 s',
      '12 s',
      '0 ms',
      '-',
    ]);
  });

  it('gives bit rates and frame rates', () => {
    expect([64_000, 999_499, 3_120_000, 120_000_000].map(formatBitrate)).toEqual([
      '64 kbit/s',
      '999 kbit/s',
      '3.1 Mbit/s',
      '120 Mbit/s',
    ]);
    expect([30, 30_000 / 1_001].map(formatFrameRate)).toEqual(['30', '29.97']);
  });

  it('never shows a thousand of a unit that has a larger one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900_000_000 }), (count) => {
        expect(Number.parseFloat(formatCount(count))).toBeLessThan(1_000);
      }),
    );
    expect(plural(1, 'viewer')).toBe('1 viewer');
    expect(plural(1_250, 'viewer')).toBe('1.3K viewers');
  });

  it('gives durations to two units', () => {
    expect([0, 42_900, 185_000, 8_040_000, 273_600_000, -5].map(formatDuration)).toEqual([
      '0 s',
      '42 s',
      '3 min 5 s',
      '2 h 14 min',
      '3 d 4 h',
      '0 s',
    ]);
  });

  it('names codecs and qualities', () => {
    expect(['avc1.64001f', 'mp4a.40.2', 'Opus', 'xyz1'].map(codecName)).toEqual([
      'H.264',
      'AAC',
      'Opus',
      'xyz1',
    ]);
    expect(formatQuality({ width: 1280, height: 720, frameRate: 29.97 })).toBe('720p30');
    expect(formatQuality({ width: 720, height: 1280 })).toBe('720p');
    expect(formatQuality({ width: 720 })).toBeUndefined();
  });
});
