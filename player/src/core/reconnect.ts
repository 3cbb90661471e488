import { jittered, pauseAfter } from '@topicast/contracts/backoff';
import type { RetryAdvice } from '@topicast/contracts/close-codes';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

export interface ReconnectState {
  /** The number of attempts that failed in a row; 0 while connected. */
  readonly failures: number;
  /** Index of the gateway to ask. */
  readonly gateway: number;
}

type ReconnectDecision =
  | { readonly retry: 'never' }
  | { readonly retry: 'soon' | 'slowly'; readonly delay: Milliseconds; readonly state: ReconnectState };

export const NO_FAILURES: ReconnectState = { failures: 0, gateway: 0 };
const BACKOFF = { first: milliseconds(250), longest: milliseconds(5_000) };
const SLOWLY = milliseconds(10_000);
/** All viewers of a gateway that goes away come at once: spread them. */
const AT_ONCE_SPREAD_MS = 100;
/** If the gap is longer than this, joining at the newest keyframe is faster than catching up with everything missed. */
const RESUME_WITHIN_MS = 10_000;

/**
 * When to connect again, and to which gateway: always the next one, in turn. The attempt is immediate after a
 * connection that worked, and for gateways that have not been tried yet. When all have failed, there is exponential
 * back-off from round to round; each delay is drawn from its upper half, and is at most 5 s.
 * @param gateways how many there are
 * @param random uniform in [0, 1)
 */
export function reconnect(
  state: ReconnectState,
  ending: { readonly retry: RetryAdvice; readonly worked: boolean },
  gateways: number,
  random: number,
): ReconnectDecision {
  if (ending.retry === 'never') return { retry: 'never' };
  const gateway = (state.gateway + 1) % gateways;
  const failures = state.failures + 1;
  const allHaveFailed = failures % gateways === 0;
  if (ending.retry === 'slowly' && allHaveFailed) {
    return { retry: 'slowly', delay: jittered(SLOWLY, random), state: { failures, gateway } };
  }
  const delay =
    ending.worked || !allHaveFailed
      ? milliseconds(random * AT_ONCE_SPREAD_MS)
      : pauseAfter(BACKOFF, failures / gateways - 1, random);
  return { retry: 'soon', delay, state: { failures: ending.worked ? 0 : failures, gateway } };
}

/**
 * By then the picture has been standing still for about a second. The spread keeps the viewers of a stream from asking
 * all at once.
 */
const STARVED_AFTER_MS = 1_500;
const STARVED_SPREAD_MS = 1_000;

/**
 * Whether to try another gateway as well, because a live stream gives no chunks: this gateway hangs, or is cut off. Not
 * for long: if the others have no chunks either, the stream itself stands still.
 * @param random uniform in [0, 1), the same while one connection lasts
 */
export const isStarved = (sinceLastChunk: Milliseconds, random: number): boolean =>
  sinceLastChunk > STARVED_AFTER_MS + random * STARVED_SPREAD_MS && worthResuming(sinceLastChunk);

/** Whether to resume after the last chunk, or to join afresh at the newest keyframe. */
export const worthResuming = (sinceLastChunk: Milliseconds): boolean => sinceLastChunk < RESUME_WITHIN_MS;
