import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A worker that lived this long did not die because of its start. */
const SETTLED = milliseconds(30_000);
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/**
 * How long to wait before a dead worker is replaced: not at all the first time, then with exponential back-off.
 * @param deaths in a row before this one
 * @param random uniform in [0, 1)
 */
export function restartAfter(
  deaths: number,
  lived: Milliseconds,
  random: number,
): { readonly deaths: number; readonly delay: Milliseconds } {
  if (deaths === 0 || lived >= SETTLED) return { deaths: 1, delay: milliseconds(0) };
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(deaths - 1, 10));
  return { deaths: deaths + 1, delay: milliseconds(whole * (0.5 + random / 2)) };
}
