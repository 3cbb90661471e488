import type { Outcome } from './run-scenario.js';

const COLUMNS = [
  'scenario',
  'lost',
  'doubled',
  'order',
  'fault s',
  'gap s',
  'stood s',
  'limit s',
  'MB',
  'goal',
];
const WIDTHS = [16, 5, 7, 6, 7, 6, 8, 7, 11, 6];

const line = (cells: readonly (string | number)[]): string =>
  cells.map((cell, n) => String(cell).padEnd(WIDTHS[n]!)).join(' ');

export const reportHead = (): string => line(COLUMNS);

/**
 * `met`, or what was not met: nothing lost, repeated or out of order, and the picture frozen no longer than allowed.
 */
export function verdictOf({ measured, limitSeconds, hasRecovered }: Outcome): 'met' | 'chunks' | 'time' {
  const { lost, doubled, outOfOrder, stallSeconds } = measured;
  if (lost + doubled + outOfOrder > 0) return 'chunks';
  return hasRecovered && stallSeconds <= limitSeconds ? 'met' : 'time';
}

/** A line of the table, followed by details if the goal was not met. */
export function reportRow(outcome: Outcome): string {
  const { measured, memoryBytes, player, limitSeconds, notes } = outcome;
  const { scenario, lost, doubled, outOfOrder, faultSeconds, gapSeconds, stallSeconds } = measured;
  const megabytes = [memoryBytes.before, memoryBytes.after].map((bytes) => Math.round(bytes / 2 ** 20));
  const verdict = verdictOf(outcome);
  const row = line([
    scenario,
    lost,
    doubled,
    outOfOrder,
    faultSeconds.toFixed(1),
    gapSeconds.toFixed(2),
    // If no player watched, the stall is the gap.
    `${stallSeconds.toFixed(2)}${player ? '' : ' (gap)'}`,
    limitSeconds.toFixed(1),
    megabytes.join(' -> '),
    verdict,
  ]);
  return [row, ...notes.map((note) => `    ${note}`)].join('\n');
}
