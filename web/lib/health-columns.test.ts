import type { HealthColumns } from '@topicast/contracts/stream-health';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeSeries, joinColumns } from './health-columns';

const NAMES = [
  'bitrate',
  'frameRate',
  'keyframeInterval',
  'speed',
  'late',
  'append',
  'dropped',
  'viewers',
] as const;
const MORE = ['delivery50', 'delivery95', 'stalled'] as const;

/** Columns whose values are their times. */
function columnsAt(...time: number[]): HealthColumns {
  const series = [...NAMES, ...MORE].map((name) => [name, [...time]]);
  return { time, ...Object.fromEntries(series) };
}

describe('columns that come in pieces', () => {
  it('are one piece again, without those that are too old', () => {
    expect(joinColumns(undefined, columnsAt(0, 2), 100)).toEqual(columnsAt(0, 2));
    expect(joinColumns(columnsAt(0, 2), columnsAt(4), 100)).toEqual(columnsAt(0, 2, 4));
    expect(joinColumns(columnsAt(0, 2), columnsAt(), 100)).toEqual(columnsAt(0, 2));
    expect(joinColumns(columnsAt(0, 2, 4), columnsAt(6), 4)).toEqual(columnsAt(4, 6));
  });

  it('have each time once, in order, whatever comes twice', () => {
    const times = fc.uniqueArray(fc.nat(50), { maxLength: 30 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(times, times, (before, after) => {
        const joined = joinColumns(columnsAt(...before), columnsAt(...after), 1_000);
        expect(joined.bitrate).toEqual(joined.time);
        expect(joined.time).toEqual([...new Set(joined.time)].sort((a, b) => a - b));
        expect(joined.time.slice(joined.time.length - after.length)).toEqual(after);
      }),
    );
  });
});

it('says in words what a graph shows', () => {
  const format = (value: number): string => `${value} ms`;
  expect(describeSeries([], format)).toBe('Nothing has been measured yet.');
  expect(describeSeries([1, null, 5, 3], format)).toBe('3 ms now; between 1 ms and 5 ms so far.');
  expect(describeSeries([2, 2], format)).toBe('2 ms now; always 2 ms so far.');
  expect(describeSeries([2, null], format)).toBe('Nothing at present; always 2 ms so far.');
});
