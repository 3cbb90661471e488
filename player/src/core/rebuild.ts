import type { Milliseconds } from '@topicast/contracts/units';

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 3;

/**
 * Whether a broken media source may be replaced once more. A stream that breaks every one of them must not cause a
 * loop.
 * @param rebuilds when earlier ones were replaced
 */
export function allowRebuild(
  rebuilds: readonly number[],
  now: Milliseconds,
): { readonly allowed: boolean; readonly rebuilds: readonly number[] } {
  const recent = rebuilds.filter((at) => now - at < WINDOW_MS);
  const allowed = recent.length < MOST_IN_WINDOW;
  return { allowed, rebuilds: allowed ? [...recent, now] : recent };
}
