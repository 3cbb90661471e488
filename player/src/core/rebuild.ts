import { pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 3;
const PAUSE = { first: milliseconds(2_000), longest: milliseconds(10_000) };

/**
 * How long to wait before a broken media source is replaced. A stream that breaks every one of them must not cause a
 * loop, and one that has broken some must not stay dark for ever.
 * @param rebuilds when earlier ones were replaced
 * @param random uniform in [0, 1)
 */
export function planRebuild(
  rebuilds: readonly number[],
  now: Milliseconds,
  random: number,
): { readonly pause: Milliseconds; readonly rebuilds: readonly number[] } {
  const recent = rebuilds.filter((at) => now - at < WINDOW_MS);
  const excess = recent.length - MOST_IN_WINDOW;
  const pause = excess < 0 ? Milliseconds.zero : pauseAfter(PAUSE, excess, random);
  return { pause, rebuilds: [...recent, now + pause] };
}
