import { Milliseconds, milliseconds } from '@topicast/contracts/units';

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 3;
const PAUSE_MS = 10_000;

/**
 * How long to wait before a broken media source is replaced. A stream that breaks every one of them must not cause a
 * loop, and one that has broken some must not stay dark for ever.
 * @param rebuilds when earlier ones were replaced
 */
export function planRebuild(
  rebuilds: readonly number[],
  now: Milliseconds,
): { readonly pause: Milliseconds; readonly rebuilds: readonly number[] } {
  const recent = rebuilds.filter((at) => now - at < WINDOW_MS);
  const pause = recent.length < MOST_IN_WINDOW ? Milliseconds.zero : milliseconds(PAUSE_MS);
  return { pause, rebuilds: [...recent, now + pause] };
}
