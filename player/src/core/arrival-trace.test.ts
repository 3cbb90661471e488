import { milliseconds } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import { describe, expect, it } from 'vitest';
import { ARRIVAL_COLUMNS, ArrivalTrace } from './arrival-trace.js';

const arrivals = (count: number, everyMs: number): ArrivalTrace => {
  const trace = new ArrivalTrace();
  for (let at = 0; at < count; at++) {
    const header = headerOf(at, { keyframe: at % 30 === 0 });
    const when = { at: milliseconds(at * everyMs), takenIn: milliseconds(at * everyMs - 50), isLive: at > 0 };
    trace.add(when, { header, data: new Uint8Array(188) });
  }
  return trace;
};
const timesOf = (rows: Float64Array) => rows.filter((_, at) => at % ARRIVAL_COLUMNS === 0);

describe('the trace of arrivals', () => {
  it('tells when each chunk came, what it was, and whether it came live', () => {
    const rows = arrivals(2, 40).take(milliseconds(100));
    expect([...rows.subarray(0, ARRIVAL_COLUMNS)]).toEqual([0, -50, 0, 188, 1, 0]);
    expect([...rows.subarray(ARRIVAL_COLUMNS)].slice(0, 2)).toEqual([40, -10]);
    expect(rows.at(-1)).toBe(1);
  });

  it('has the chunks of the last minute, in order', () => {
    const times = timesOf(arrivals(3_000, 40).take(milliseconds(120_000)));
    expect([times[0], times.length]).toEqual([60_000, 1_500]);
  });

  it.each([511, 512, 513, 5_999, 6_000, 6_001, 20_000])(
    'is bounded and in order after %i chunks',
    (count) => {
      const times = timesOf(arrivals(count, 1).take(milliseconds(count)));
      const kept = Math.min(count, 6_000);
      expect([...times]).toEqual(Array.from({ length: kept }, (_, at) => count - kept + at));
    },
  );
});
