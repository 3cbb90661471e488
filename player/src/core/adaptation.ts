import { Milliseconds } from '@topicast/contracts/units';
import type { PathEvidence } from './path.js';
import type { Rung } from './rung.js';

/**
 * Chooses the rendition of `auto`. Pure: it is asked several times a second and does nothing itself. The way down is
 * decided by queues, the way up by keyframes, which come as bursts, and by trials (docs/design/adaptive-bitrate.md).
 */
export interface AdaptationSample {
  readonly now: Milliseconds;
  readonly path: PathEvidence;
  /** The rendition that arrives. */
  readonly current: number;
  /** Those that may be chosen, the best first; at least one. */
  readonly rungs: readonly Rung[];
  /** The gateway had to leave something out, because this viewer was too slow. */
  readonly lagged: boolean;
  /** Of the pictures of the last seconds, the share that the browser did not show in time. */
  readonly dropped: number;
  /** From 0 to 1, another one each time: so that viewers behind one link do not try at once. */
  readonly random: number;
}

export interface AdaptationState {
  /** Drawn at the last change: the share of {@link SPREAD} that this viewer waits longer. */
  readonly share: number;
  /** What the gateway was asked for; undefined before the first choice. */
  readonly chosen: number | undefined;
  /** Whether to leave behind what is on its way, because it is too much to wait for. */
  readonly how: 'switch' | 'rejoin';
  /** Why it is not the best of those that may be chosen. */
  readonly heldBy: 'network' | 'decoder' | undefined;
  /** When something else was chosen, and when that arrived. */
  readonly changedAt: Milliseconds;
  readonly arrivedAt: Milliseconds | undefined;
  /** The last change was an attempt upwards from this rendition, and may fail. */
  readonly triedFrom: number | undefined;
  /** What the keyframes said when attempts were made, of which none has succeeded since; 0 without one. */
  readonly deceivedBy: number;
  readonly failures: number;
}

/** The best rendition at once, unless the network was too slow for it before. */
export const NO_ADAPTATION: AdaptationState = {
  share: 0,
  chosen: undefined,
  how: 'switch',
  heldBy: undefined,
  changedAt: Milliseconds.never,
  arrivedAt: undefined,
  triedFrom: undefined,
  deceivedBy: 0,
  failures: 0,
};

/** What to leave free: bitrates vary. */
const ROOM_UP = 1.15;
const ROOM_DOWN = 1.1;
/** What has queued up has to be gone this soon. */
const DRAIN_S = 1;
const RECOVERY_MS = 2_000;
/** A change takes until the next keyframe, half a GOP as a rule, which comes behind the queue; that grows meanwhile. */
const UNTIL_CHANGE_S = 1;
/** A queue that grows although this many times the bitrate gets through has other causes. */
const ENOUGH = 1.5;
/** If less than this share of what is sent gets through, the next keyframe would come too late. */
const REJOIN_SHARE = 0.4;
/** A change that does not come within this time was refused. */
const REFUSED_MS = 8_000;
/** An attempt upwards that goes well for this long has succeeded. */
const TRIAL_MS = 15_000;
const CALM_MS = 3_000;
/** How long to wait before an attempt that the keyframes support, and before one that they leave open. */
const SUPPORTED_WAIT_MS = 10_000;
const OPEN_WAIT_MS = 12_000;
/** Keyframes that come half as fast as the attempt needs make it wait 8 times as long, but not longer than this. */
const DOUBT = 3;
const DOUBTED_WAIT_MS = 60_000;
/** Each failed attempt makes the next one wait twice as long, up to this. */
const MOST_WAIT_MS = 300_000;
/** If keyframes come this much faster than before a failed attempt, the network is another one. */
const FASTER = 1.3;
/** Waits differ by up to this share. */
const SPREAD = 0.4;
const MANY_DROPPED = 0.25;

/** The queue of a rendition that was too much for the network has not drained yet. */
export const isRecovering = ({ heldBy, triedFrom, arrivedAt }: AdaptationState, now: Milliseconds): boolean =>
  heldBy === 'network' && triedFrom === undefined && now - (arrivedAt ?? now) < RECOVERY_MS;

/** @returns the state afterwards; ask for its `chosen`, if that has changed */
export function adapt(sample: AdaptationSample, before: AdaptationState): AdaptationState {
  const state = observe(sample, before);
  const { now, current, rungs, dropped } = sample;
  const at = rungs.findIndex(({ rendition }) => rendition === state.chosen);
  if (at < 0) return within(sample, state);
  if (state.arrivedAt === undefined) {
    const isLate = now - state.changedAt > REFUSED_MS;
    const isRash = state.triedFrom === current && isTooMuch(sample);
    return isLate || isRash ? change(state, current, sample) : state;
  }
  const below = rungs.slice(at + 1);
  if (isTooMuch(sample)) return lower(sample, state, rungs[at]!, below);
  if (dropped > MANY_DROPPED && below[0] && now - state.arrivedAt > CALM_MS) {
    return change({ ...state, heldBy: 'decoder', triedFrom: current }, below[0].rendition, sample);
  }
  if (at === 0) return state;
  return state.heldBy ? raise(sample, state, at) : change(state, rungs[0]!.rendition, sample);
}

function isTooMuch({ path, lagged, rungs, current }: AdaptationSample): boolean {
  const { bitrate } = rungs.find(({ rendition }) => rendition === current) ?? rungs[0]!;
  const { isOverloaded, throughput } = path;
  return lagged || (isOverloaded && throughput !== undefined && throughput < bitrate * ENOUGH);
}

function observe({ now, current, rungs }: AdaptationSample, before: AdaptationState): AdaptationState {
  if (current !== before.chosen) return before;
  const state = { ...before, arrivedAt: before.arrivedAt ?? now };
  if (now - state.arrivedAt < TRIAL_MS) return state;
  const heldBy = rungs[0]!.rendition === current ? undefined : state.heldBy;
  const news = state.triedFrom === undefined ? {} : { triedFrom: undefined, failures: 0, deceivedBy: 0 };
  return { ...state, heldBy, ...news };
}

/** The rendition may not be chosen any more, or nothing was chosen yet. */
function within(sample: AdaptationSample, state: AdaptationState): AdaptationState {
  const { rungs, current } = sample;
  const best = state.chosen ?? (state.heldBy ? current : 0);
  const next = rungs.find(({ rendition }) => rendition >= best) ?? rungs.at(-1)!;
  return change(state, next.rendition, sample);
}

function change(state: AdaptationState, chosen: number, sample: AdaptationSample): AdaptationState {
  const { now, random, path } = sample;
  const isRaised = state.chosen !== undefined && chosen < state.chosen;
  const isAttempt = isRaised && state.heldBy !== undefined;
  const next = {
    ...{ ...state, chosen, changedAt: now, share: random, how: 'switch' as const },
    ...{ arrivedAt: undefined, triedFrom: isAttempt ? state.chosen : undefined },
  };
  if (isAttempt) return { ...next, deceivedBy: Math.max(state.deceivedBy, path.burst ?? 0) };
  return isRaised || state.triedFrom === undefined ? next : { ...next, failures: state.failures + 1 };
}

function lower(sample: AdaptationSample, state: AdaptationState, present: Rung, below: readonly Rung[]) {
  const { path } = sample;
  const next = below.find(({ bitrate }) => drains(path, bitrate, present.bitrate)) ?? below.at(-1);
  if (!next) return state;
  const lowered = change({ ...state, heldBy: 'network' }, next.rendition, sample);
  const isFar = path.throughput !== undefined && path.throughput < present.bitrate * REJOIN_SHARE;
  return isFar ? { ...lowered, how: 'rejoin' as const } : lowered;
}

/** Whether what has queued up will soon be gone with this bitrate. */
function drains({ throughput, queue }: PathEvidence, bitrate: number, present: number): boolean {
  if (throughput === undefined) return true;
  const spare = throughput - bitrate * ROOM_DOWN;
  const queued = (queue / 1000) * throughput + Math.max(0, present - throughput) * UNTIL_CHANGE_S;
  return spare > 0 && queued <= spare * DRAIN_S;
}

function raise(sample: AdaptationSample, state: AdaptationState, at: number): AdaptationState {
  const { now, path, rungs } = sample;
  const { burst = 0 } = path;
  const isOtherNetwork = state.deceivedBy > 0 && burst > state.deceivedBy * FASTER;
  if (now - Math.max(path.calmSince, state.arrivedAt!) < CALM_MS) return state;
  const supported = rungs.slice(0, at).find(({ bitrate }) => bitrate * ROOM_UP <= burst);
  const next = supported ?? rungs[at - 1]!;
  const doubt = burst === 0 ? 1 : ((next.bitrate * ROOM_UP) / burst) ** DOUBT;
  const first = supported ? SUPPORTED_WAIT_MS : Math.min(DOUBTED_WAIT_MS, OPEN_WAIT_MS * Math.max(1, doubt));
  const wait = isOtherNetwork ? first : Math.min(MOST_WAIT_MS, first * 2 ** state.failures);
  if (now - state.changedAt < wait * (1 + state.share * SPREAD)) return state;
  return change(state, next.rendition, sample);
}
