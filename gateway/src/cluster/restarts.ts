import { pauseAfter } from '@topicast/contracts/backoff';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A worker that lived this long did not die because of its start. */
const SETTLED = milliseconds(30_000);
const BACKOFF = { first: milliseconds(250), longest: milliseconds(10_000) };

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
  return { deaths: deaths + 1, delay: pauseAfter(BACKOFF, deaths - 1, random) };
}
