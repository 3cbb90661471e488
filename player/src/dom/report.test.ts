import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import type { WorkerCounters } from '../worker/messages.js';
import type { Pace } from './pace.js';
import { Report } from './report.js';
import type { Screen } from './screen.js';

const counters = (at: number, bytes: number): WorkerCounters => ({
  ...{ chunks: 0, lost: 0, skipped: 0, reconnects: 0, soundDropped: 0, reason: 'best' },
  ...{ ways: undefined, bytes, at: milliseconds(at) },
});

function bitrates(counted: readonly WorkerCounters[]): unknown[] {
  const report = new Report({} as HTMLVideoElement, () => ({}) as Pace, {} as Screen);
  return counted.map((each) => {
    report.count(each);
    return report.stats(false).bitrate;
  });
}

describe('the bitrate', () => {
  it('is what came since the report before', () => {
    expect(bitrates([counters(1_000, 125_000), counters(2_000, 375_000)])).toEqual([1_000_000, 2_000_000]);
  });

  it('is a number when a pause reports within the same tick as the timer, and none comes during it', () => {
    const held = counters(2_000, 250_000);
    const [, before, atHold, atResume, after] = bitrates([
      counters(1_000, 125_000),
      held,
      // At hold, and by the timer.
      held,
      counters(7_000, 250_000),
      counters(8_000, 375_000),
    ]);
    expect([before, atHold, atResume, after]).toEqual([1_000_000, 1_000_000, 0, 1_000_000]);
  });
});
