import { Milliseconds, milliseconds } from '@topicast/contracts/units';
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
  /** What the keyframes said when the last attempt that failed was made. */
  readonly deceivedBy: number;
  readonly failures: number;
  /** No attempt before. */
  readonly waitUntil: Milliseconds;
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
  waitUntil: Milliseconds.never,
};

/** What to leave free: bitrates vary. */
const ROOM_UP = 1.15;
const ROOM_DOWN = 1.1;
/** What has queued up has to be gone this soon. */
const DRAIN_S = 2;
/** A change takes until the next keyframe, half a GOP as a rule; the queue grows meanwhile. */
const UNTIL_CHANGE_S = 0.5;
/** A queue that grows although this many times the bitrate gets through has other causes. */
const ENOUGH = 1.5;
/** If less than this share of what is sent gets through, the next keyframe would come too late. */
const REJOIN_SHARE = 0.4;
/** A change that does not come within this time was refused. */
const REFUSED_MS = 8_000;
/** An attempt upwards that goes well for this long has succeeded. */
const TRIAL_MS = 15_000;
const CALM_MS = 3_000;
/** How long to wait before an attempt that the keyframes support, leave open, speak against, or refute. */
const WAIT_MS = { supported: 10_000, open: 12_000, doubted: 60_000, refuted: 300_000 } as const;
const REFUTED_SHARE = 0.6;
/** A failed attempt makes the next one wait this long, and each further one twice as long. */
const FAILED_WAIT_MS = 30_000;
const MOST_WAIT_MS = 300_000;
/** If keyframes come this much faster than before a failed attempt, the network is another one. */
const FASTER = 1.3;
/** Waits differ by up to this share. */
const SPREAD = 0.4;
const MANY_DROPPED = 0.25;
const DECODER_WAIT_MS = 60_000;

/** @returns the state afterwards; ask for its `chosen`, if that has changed */
export function adapt(sample: AdaptationSample, before: AdaptationState): AdaptationState {
  const state = observe(sample, before);
  const { now, current, rungs, dropped } = sample;
  const best = rungs[0]!;
  const at = rungs.findIndex(({ rendition }) => rendition === state.chosen);
  if (at < 0) return within(sample, state);
  if (state.arrivedAt === undefined) {
    const isLate = now - state.changedAt > REFUSED_MS;
    const isRash = state.triedFrom === current && isTooMuch(sample);
    return isLate || isRash ? refuse(sample, state) : state;
  }
  if (isTooMuch(sample)) return lower(sample, state, at);
  if (dropped > MANY_DROPPED && now - state.arrivedAt > CALM_MS && at < rungs.length - 1) {
    const waitUntil = milliseconds(now + DECODER_WAIT_MS * 2 ** state.failures);
    const next = change(state, rungs[at + 1]!.rendition, sample);
    return { ...next, heldBy: 'decoder', failures: state.failures + 1, waitUntil };
  }
  if (state.chosen === best.rendition) return state;
  if (state.heldBy === undefined) return change(state, best.rendition, sample);
  return raise(sample, state, at);
}

function isTooMuch({ path, lagged, rungs, current }: AdaptationSample): boolean {
  if (lagged) return true;
  const { bitrate } = rungs.find(({ rendition }) => rendition === current) ?? rungs[0]!;
  return path.isOverloaded && path.throughput !== undefined && path.throughput < bitrate * ENOUGH;
}

function observe({ now, current, rungs }: AdaptationSample, before: AdaptationState): AdaptationState {
  if (current !== before.chosen) return before;
  const arrivedAt = before.arrivedAt ?? now;
  if (now - arrivedAt < TRIAL_MS) return { ...before, arrivedAt };
  const isBest = rungs[0]!.rendition === before.chosen;
  const proven = { ...before, arrivedAt, triedFrom: undefined, heldBy: isBest ? undefined : before.heldBy };
  return before.triedFrom === undefined ? proven : { ...proven, failures: 0, deceivedBy: 0 };
}

/** The rendition may not be chosen any more, or nothing was chosen yet. */
function within(sample: AdaptationSample, state: AdaptationState): AdaptationState {
  const { rungs, current } = sample;
  const start = state.chosen ?? (state.heldBy ? current : undefined);
  const kept = start === undefined ? undefined : rungs.find(({ rendition }) => rendition >= start);
  const next = kept ?? (start === undefined ? rungs[0]! : rungs.at(-1)!);
  return change(state, next.rendition, sample);
}

function change(state: AdaptationState, chosen: number, { now, random }: AdaptationSample): AdaptationState {
  const fresh = { arrivedAt: undefined, triedFrom: undefined, how: 'switch' } as const;
  return { ...state, ...fresh, chosen, changedAt: now, share: random };
}

/** Continue with what arrives. */
function refuse(sample: AdaptationSample, state: AdaptationState): AdaptationState {
  const { current, rungs } = sample;
  const known = rungs.some(({ rendition }) => rendition === current);
  const stayed = change(state, known ? current : rungs.at(-1)!.rendition, sample);
  return state.triedFrom === undefined ? stayed : failed(sample, stayed);
}

function lower(sample: AdaptationSample, state: AdaptationState, at: number): AdaptationState {
  const { rungs, path } = sample;
  const below = rungs.slice(at + 1);
  if (below.length === 0) return state;
  const next = below.find(({ bitrate }) => drains(path, bitrate, rungs[at]!.bitrate)) ?? below.at(-1)!;
  const isFar = (path.throughput ?? Number.POSITIVE_INFINITY) < rungs[at]!.bitrate * REJOIN_SHARE;
  const changed = change({ ...state, heldBy: 'network' }, next.rendition, sample);
  const lowered: AdaptationState = isFar ? { ...changed, how: 'rejoin' } : changed;
  return state.triedFrom === undefined ? lowered : failed(sample, lowered);
}

function failed({ now, path, random }: AdaptationSample, state: AdaptationState): AdaptationState {
  const wait = Math.min(MOST_WAIT_MS, FAILED_WAIT_MS * 2 ** state.failures) * (1 + random * SPREAD);
  return {
    ...state,
    failures: state.failures + 1,
    waitUntil: milliseconds(now + wait),
    deceivedBy: Math.max(state.deceivedBy, path.bursts?.atLeast ?? 0),
  };
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
  if (now - Math.max(path.calmSince, state.arrivedAt ?? now) < CALM_MS) return state;
  const isOtherNetwork = (path.bursts?.atLeast ?? 0) > state.deceivedBy * FASTER && state.deceivedBy > 0;
  if (now < state.waitUntil && !(isOtherNetwork && state.heldBy === 'network')) return state;
  const carried = path.bursts?.atLeast ?? 0;
  const next = rungs.slice(0, at).find(({ bitrate }) => bitrate * ROOM_UP <= carried) ?? rungs[at - 1]!;
  if (now - state.changedAt < patience(next, path) * (1 + state.share * SPREAD)) return state;
  return { ...change(state, next.rendition, sample), triedFrom: state.chosen };
}

function patience({ bitrate }: Rung, { bursts }: PathEvidence): number {
  if (!bursts) return WAIT_MS.open;
  if (bitrate * ROOM_UP <= bursts.atLeast) return WAIT_MS.supported;
  const share = bursts.atMost / (bitrate * ROOM_UP);
  return share >= 1 ? WAIT_MS.open : share >= REFUTED_SHARE ? WAIT_MS.doubted : WAIT_MS.refuted;
}
