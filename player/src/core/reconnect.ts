import { jittered, pauseAfter } from '@topicast/contracts/backoff';
import type { RetryAdvice } from '@topicast/contracts/close-codes';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

export interface ReconnectState {
  /** The number of attempts that failed in a row; 0 while connected. */
  readonly failures: number;
  /** Index of the gateway to ask. */
  readonly gateway: number;
  /** An open connection carries nothing, not even an answer: the network seems to be away, and may be back any moment. */
  readonly isCut?: boolean;
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
  ending: {
    readonly retry: RetryAdvice;
    readonly worked: boolean;
    /** Nothing answered at all. */
    readonly hung?: boolean;
  },
  gateways: number,
  random: number,
): ReconnectDecision {
  if (ending.retry === 'never') return { retry: 'never' };
  const gateway = (state.gateway + 1) % gateways;
  const failures = state.failures + 1;
  const { isCut = false } = state;
  const allHaveFailed = failures % gateways === 0;
  if (ending.retry === 'slowly' && allHaveFailed) {
    return { retry: 'slowly', delay: jittered(SLOWLY, random), state: { ...state, failures, gateway } };
  }
  // Waiting for an answer has taken its time, and a network that is away does not tell when it is back.
  const delay =
    ending.worked || ending.hung || !allHaveFailed
      ? milliseconds(isCut ? 0 : random * AT_ONCE_SPREAD_MS)
      : pauseAfter(BACKOFF, failures / gateways - 1, random);
  return { retry: 'soon', delay, state: { ...state, failures: ending.worked ? 0 : failures, gateway } };
}

/** TCP, TLS and the upgrade take four round trips; twice that, if some packets have to be repeated. */
const ROUND_TRIPS = 8;
/**
 * During a cut, the next attempt may be the first that gets through. Browsers open one WebSocket to an address at a time,
 * so attempts cannot race each other, and Chromium delays those that follow many failures by up to 5 s.
 */
const CUT = { rounds: 8, roundTrips: 5, leastMs: 250 } as const;
/** Most cuts are short, so the first attempts follow each other faster than the later ones. */
const FAST_ROUNDS = 4;
const LEAST_MS = { fast: 500, usual: 1_000 } as const;
const MOST_IMPATIENT_MS = 3_000;
/** The way may have become longer. */
const PATIENT_ROUND = 8;
const PATIENT_MS = 5_000;
/** For the first connection, if there are other gateways to ask, and if there are none. */
const SHORT_OPEN_TIMEOUT_MS = 3_000;
const OPEN_TIMEOUT_MS = 10_000;

/**
 * How long a connection may take to open. TCP repeats an unanswered first packet after 1, 3, 7 and 15 s (RFC 6298), so
 * that new attempts find out sooner than an old one that the network is back.
 * @param roundTrip to the gateway, as far as it is known from an earlier connection
 */
export function openTimeout(
  { failures, isCut }: ReconnectState,
  gateways: number,
  roundTrip: Milliseconds | undefined,
): Milliseconds {
  if (roundTrip === undefined) return milliseconds(gateways > 1 ? SHORT_OPEN_TIMEOUT_MS : OPEN_TIMEOUT_MS);
  const round = Math.floor(failures / gateways) + 1;
  if (isCut && round <= CUT.rounds) return bounded(CUT.leastMs, roundTrip * CUT.roundTrips);
  if (round % PATIENT_ROUND === 0) return milliseconds(PATIENT_MS);
  const least = round <= FAST_ROUNDS ? LEAST_MS.fast : LEAST_MS.usual;
  return bounded(least, roundTrip * ROUND_TRIPS);
}

const bounded = (least: number, wanted: number): Milliseconds =>
  milliseconds(Math.min(MOST_IMPATIENT_MS, Math.max(least, wanted)));

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
const isStarved = (sinceLastChunk: Milliseconds, random: number): boolean =>
  sinceLastChunk > STARVED_AFTER_MS + random * STARVED_SPREAD_MS && worthResuming(sinceLastChunk);

/** A gateway that still hears us answers within a round trip. */
const ASK_AFTER_MS = 800;
const DEAF_MS = 1_200;

/**
 * What to do about a live stream that gives no chunks. `leave`: look for a connection that does, while this one stays.
 * If there is one gateway only, that helps if the connection is half open, or waits for TCP's next repetition after the
 * network was away; then not even an answer comes.
 * @param silence since the last chunk, and since the last message of any kind
 * @param random uniform in [0, 1), the same while one connection lasts
 */
export function judgeSilence(
  silence: { readonly chunk: Milliseconds; readonly message: Milliseconds },
  gateways: number,
  random: number,
): 'wait' | 'ask' | 'leave' {
  const isSilent = gateways > 1 || silence.message > DEAF_MS;
  if (isSilent && isStarved(silence.chunk, random)) return 'leave';
  return gateways === 1 && silence.chunk > ASK_AFTER_MS && worthResuming(silence.chunk) ? 'ask' : 'wait';
}

/** Whether to resume after the last chunk, or to join afresh at the newest keyframe. */
export const worthResuming = (sinceLastChunk: Milliseconds): boolean => sinceLastChunk < RESUME_WITHIN_MS;
