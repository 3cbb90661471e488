import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LossReport } from './loss-report.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('reports the first loss at once, later ones once a second, and the rest at the end', () => {
  const told: [number, string][] = [];
  const report = new LossReport((count, reason) => told.push([count, reason]));

  report.add(0, 'nothing');
  report.add(3, 'slow');
  expect(told).toEqual([[3, 'slow']]);

  report.add(1, 'slow');
  report.add(4, 'refused');
  vi.advanceTimersByTime(999);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(told.slice(1)).toEqual([[5, 'refused']]);

  report.add(2, 'slow');
  report.close();
  expect(told.slice(2)).toEqual([[2, 'slow']]);
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(3);

  report.add(1, 'slow');
  expect(told.slice(3)).toEqual([[1, 'slow']]);
  report.close();
});
