import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DoorReport } from './door-report.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells the first one at once, the next ones once a second, and the rest at the end', () => {
  const told: [number, string][] = [];
  const report = new DoorReport((count, { why }) => told.push([count, why]));
  for (const why of ['a', 'b', 'c']) report.add({ address: '192.0.2.1', why });
  vi.advanceTimersByTime(999);
  expect(told).toEqual([[1, 'a']]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([
    [1, 'a'],
    [2, 'c'],
  ]);
  report.add({ address: '192.0.2.1', why: 'd' });
  report.close();
  expect(told.at(-1)).toEqual([1, 'd']);
  vi.advanceTimersByTime(5_000);
  report.add({ address: '192.0.2.1', why: 'e' });
  expect(told.slice(3)).toEqual([[1, 'e']]);
});
