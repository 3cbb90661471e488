import type { RetryAdvice } from '@topicast/contracts/close-codes';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Attempts that failed in a row; 0 while connected. */
export interface ReconnectState {
  readonly failures: number;
}

export type ReconnectDecision =
  | { readonly retry: 'never' }
  | { readonly retry: 'soon' | 'slowly'; readonly delay: Milliseconds; readonly state: ReconnectState };

export const NO_FAILURES: ReconnectState = { failures: 0 };
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;
const SLOW_MIN_MS = 5_000;
const SLOW_SPREAD_MS = 5_000;
/** All viewers of a gateway that goes away come at once: spread them. */
const AT_ONCE_SPREAD_MS = 100;
/** Older than this, the way back is shorter over the newest keyframe than through everything missed. */
const RESUME_WITHIN_MS = 10_000;

/**
 * When to connect again. After a connection that worked: at once; then with exponential back-off, each delay drawn from
 * its upper half, at most 5 s.
 * @param random uniform in [0, 1)
 */
export function reconnect(
  state: ReconnectState,
  ending: { readonly retry: RetryAdvice; readonly worked: boolean },
  random: number,
): ReconnectDecision {
  if (ending.retry === 'never') return { retry: 'never' };
  if (ending.retry === 'slowly') {
    const delay = milliseconds(SLOW_MIN_MS + random * SLOW_SPREAD_MS);
    return { retry: 'slowly', delay, state: { failures: state.failures + 1 } };
  }
  if (ending.worked) {
    return { retry: 'soon', delay: milliseconds(random * AT_ONCE_SPREAD_MS), state: NO_FAILURES };
  }
  const whole = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(state.failures, 10));
  const delay = milliseconds(whole * (0.5 + random / 2));
  return { retry: 'soon', delay, state: { failures: state.failures + 1 } };
}

/** Whether to resume after the last chunk, or to join afresh at the newest keyframe. */
export const worthResuming = (sinceLastChunk: Milliseconds): boolean => sinceLastChunk < RESUME_WITHIN_MS;
