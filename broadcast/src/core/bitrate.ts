import { type BitsPerSecond, bitsPerSecond, Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Viewers would notice more: they are a fraction of a second behind. */
const HIGH = milliseconds(150);
/** The uplink takes far less than we send. */
const VERY_HIGH = milliseconds(700);
/** A queue that comes from the jitter of the network alone. */
const LOW = milliseconds(60);
/** A moment of jitter is no slow uplink. */
const HIGH_FOR = milliseconds(200);
/** A lower bitrate shows when the queue has run empty. */
const CUT_EVERY = milliseconds(1_000);
/** The queue has to be gone for so long before more is tried. */
const CALM = milliseconds(4_000);
const RAISE_EVERY = milliseconds(1_000);
const RAISE = 1.06;
/** Of what arrives, for the picture; the rest is sound, and headers. */
const CARRIED = 0.85;
const FLOOR: BitsPerSecond = bitsPerSecond(150_000);

export interface BitrateState {
  readonly bitrate: BitsPerSecond;
  /** Since when the queue is high; undefined: it is not. */
  readonly highSince: Milliseconds | undefined;
  /** When the queue was last high. */
  readonly lastHigh: Milliseconds;
  readonly lastCut: Milliseconds;
  readonly lastRaise: Milliseconds;
}

export interface UplinkSeen {
  readonly now: Milliseconds;
  readonly queueDelay: Milliseconds;
  /** What has arrived of late, all tracks together. */
  readonly rate: BitsPerSecond;
  /** What the streamer has chosen; it is never exceeded. */
  readonly ceiling: BitsPerSecond;
}

export const firstBitrate = (ceiling: BitsPerSecond): BitrateState => ({
  bitrate: ceiling,
  highSince: undefined,
  lastHigh: Milliseconds.never,
  lastCut: Milliseconds.never,
  lastRaise: Milliseconds.never,
});

/**
 * The bitrate of the picture that suits the uplink: lowered at once, and below what arrives, so that the queue runs
 * empty; raised slowly (additive increase, multiplicative decrease, as TCP does it). Pure.
 */
export function nextBitrate(
  state: BitrateState,
  { now, queueDelay, rate, ceiling }: UplinkSeen,
): BitrateState {
  const bitrate = bitsPerSecond(Math.min(state.bitrate, ceiling));
  if (queueDelay > HIGH) {
    const seen = { ...state, bitrate, highSince: state.highSince ?? now, lastHigh: now };
    if (now - seen.highSince < HIGH_FOR || now - state.lastCut < CUT_EVERY) return seen;
    // Where nothing arrives at all, fewer bits would not either. What is carried shows a while after that.
    if (rate === 0) return { ...seen, lastCut: now };
    const factor = queueDelay > VERY_HIGH ? 0.5 : 0.75;
    const lower = Math.min(bitrate * factor, Math.max(rate * 0.85, bitrate * 0.25));
    return { ...seen, bitrate: bitsPerSecond(Math.max(FLOOR, Math.min(bitrate, lower))), lastCut: now };
  }
  const isCalm = queueDelay < LOW && now - state.lastHigh >= CALM && now - state.lastRaise >= RAISE_EVERY;
  if (!isCalm || bitrate >= ceiling) return { ...state, bitrate, highSince: undefined };
  // What arrives without a queue is carried, whatever was tried before: some pictures take more than was asked for.
  const higher = Math.max(bitrate * RAISE, rate * CARRIED);
  return {
    ...state,
    highSince: undefined,
    bitrate: bitsPerSecond(Math.min(ceiling, higher)),
    lastRaise: now,
  };
}
