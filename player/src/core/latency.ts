import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ArrivalEvidence } from './arrivals.js';

/**
 * Keeps the playhead a target distance behind the end of the buffer, by playing a little faster or slower, and by a
 * seek only if that would take too long. This only decides, every {@link CONTROL_PERIOD_MS}; `dom/playhead.ts` acts.
 */
export const CONTROL_PERIOD_MS = 40;

/** What media sources need, in ms. */
interface Needs {
  /** The target while the network is good. */
  readonly level: number;
  /** What the browser needs even if every chunk arrives exactly on time. */
  readonly reserve: number;
  /**
   * How much of a rare delay may be missing. A picture that stands for this long, a few times a minute, is hardly seen;
   * the sound in a media source stops the picture for longer than it is late itself.
   */
  readonly tolerated: number;
}

const VIDEO_ONLY: Needs = { level: 80, reserve: 40, tolerated: 80 };
/** Chromium wants some 200 ms of decoded audio before it starts, and breaks down below 130. */
const WITH_AUDIO: Needs = { level: 150, reserve: 130, tolerated: 0 };
/** Firefox plays sound as steadily with less. */
const WITH_AUDIO_IN_FIREFOX: Needs = { level: 100, reserve: 80, tolerated: 0 };

export interface LatencyTarget {
  /** The level to aim at while the network is good. */
  readonly level: Milliseconds;
  /** The part of the level that the browser needs for itself. The rest covers late chunks. */
  readonly reserve: Milliseconds;
  /** Rare delays may be this much longer than what is covered. */
  readonly tolerated: Milliseconds;
  /** The playhead may run this far past the end of the media before that is a stall. */
  readonly overrun: Milliseconds;
  /** A picture that comes after its time is shown all the same. */
  readonly showsLate: boolean;
}

/** @param wanted the level that the embedding page asks for */
export function latencyTarget(
  hasAudio: boolean,
  wanted: number | undefined,
  { isFirefox = false } = {},
): LatencyTarget {
  const withAudio = isFirefox ? WITH_AUDIO_IN_FIREFOX : WITH_AUDIO;
  const { level, reserve, tolerated } = hasAudio ? withAudio : VIDEO_ONLY;
  return {
    level: milliseconds(wanted ?? level),
    reserve: milliseconds(reserve),
    tolerated: milliseconds(tolerated),
    overrun: milliseconds(0),
    showsLate: false,
  };
}

/** Time constant of the smoothing: a few frames, so that the sawtooth of arriving frames does not show. */
const SMOOTHING_MS = 250;
const DEAD_BAND_MS = 35;
/** Without an audio track in the media source there is no stretcher to restart, so a finer band costs nothing. */
export const FINE_DEAD_BAND_MS = milliseconds(15);
/**
 * Once correcting, continue until the error is below this; otherwise the rate would flicker at the edge of the dead
 * band.
 */
const SETTLED_MS = 8;
/**
 * 5 % for an error of 100 ms. Its time constant, 2 s, is far longer than that of the smoothing, which prevents
 * oscillation.
 */
const GAIN_PER_MS = 0.0005;
const MOST_CORRECTION = 0.05;
/** Right after a join, a seek or a stall: a viewer who has just seen the picture stop does not mind. */
const HURRIED_GAIN_PER_MS = 0.001;
const MOST_HURRIED_CORRECTION = 0.1;
const HURRY_MS = 8_000;
/** Every change of the rate restarts the audio stretcher. */
const RATE_STEP = 0.01;
/** At 5 % this distance takes 14 s, so a seek is the smaller evil. */
const FAR_BEHIND_MS = 700;
/** Where pictures are only left out, and no decoder begins again, a seek is less than seconds of a late picture. */
const FAR_BEHIND_PICTURES_MS = 250;
/** The playhead ran past the end of the data: what arrives now is dropped as late. */
const FAR_AHEAD_MS = 100;
const FAR_FOR_MS = 250;
/** Smoothing is this far behind a level that rises or falls fast: it will soon be another one. */
const UNSETTLED_MS = 50;
/** After a join or a seek the decoder fills up. If the picture stands still then, that is not a stall. */
const GRACE_MS = 1_000;
/**
 * Each time that Chromium runs dry, it doubles the sound that it wants before it resumes (200, 400, 800 ms), and a seek
 * resets that. So once the target is reached again, a seek resumes sooner, and nothing has to be caught up afterwards.
 * A seek also crosses holes that the browser does not. Not more often than this.
 */
const RESUME_BY_SEEK_MS = 500;
/** Ticks further apart than this (a hidden tab, a busy page) say nothing about each other. */
const STALE_MS = 500;
/** The buffer grows at once, and shrinks this fast when it is not needed any longer. */
const SHRINK_MS_PER_S = 20;
/** For this long after a stall, the worst delay counts even if it came only once. */
const LESSON_MS = 60_000;
/** When it has played for this long again, the late chunks have arrived, and the worker has reported them. */
const VERDICT_AFTER_MS = 500;
/** The back-off after stalls that no late chunk explains (a decoder, a busy machine). */
const BACK_OFF_STEP_MS = 50;
const BACK_OFF_GROWTH = 1.5;
const MAX_BACK_OFF_MS = 850;
const CALM_MS = 20_000;
const COME_BACK_MS_PER_S = 10;
/**
 * The most that we cover of a delay that came once, or a few times. After one of 900 ms, the picture would otherwise be
 * 900 ms late for a minute, which is worse than a second freeze.
 */
const MOST_OF_ACCIDENT_MS = 250;
const MOST_OF_RARE_MS = 400;

interface PlayheadSample {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** End of the media that all tracks have, minus the playhead. Negative if the playhead ran past it. */
  readonly level: Milliseconds;
  /** A frame has been decoded since the media was attached. */
  readonly started: boolean;
  /** The playhead stands still although it should move. */
  readonly waiting: boolean;
  readonly seeking: boolean;
  /** No data can arrive (connection lost, stream not live), so standing still says nothing about the target. */
  readonly excused: boolean;
  /** Somebody else says where to be: nothing is sought here. */
  readonly guided?: boolean;
  /** How late chunks have come lately. */
  readonly evidence: ArrivalEvidence;
}

export interface LatencyState {
  readonly at: Milliseconds;
  readonly smoothed: Milliseconds | undefined;
  readonly rate: number;
  readonly hurryUntil: Milliseconds;
  readonly joinedAt: Milliseconds;
  /** Since when the error has been too large for the rate alone. */
  readonly farSince: Milliseconds | undefined;
  readonly starvedSince: Milliseconds | undefined;
  /** How late chunks may arrive without a stall. */
  readonly spread: Milliseconds;
  /** The worst delay counts until then. */
  readonly lessonUntil: Milliseconds;
  /** A stall whose cause we do not know yet: how long it has played since, and which delay the level covered. */
  readonly trial: { readonly calm: Milliseconds; readonly covered: Milliseconds } | undefined;
  /** What unexplained stalls add to the target. */
  readonly backOff: Milliseconds;
  readonly stalledAt: Milliseconds;
  readonly stalls: number;
}

export type LatencyAction =
  | { readonly do: 'rate'; readonly rate: number }
  /** Go to where the level is this. */
  | { readonly do: 'seek'; readonly level: Milliseconds };

/** @param before the state before this join, which keeps what stalls have taught */
export const joinLatency = (now: Milliseconds, before?: LatencyState): LatencyState => ({
  at: now,
  smoothed: undefined,
  rate: 1,
  hurryUntil: milliseconds(now + HURRY_MS),
  joinedAt: now,
  farSince: undefined,
  starvedSince: undefined,
  spread: before?.spread ?? milliseconds(0),
  lessonUntil: before?.lessonUntil ?? now,
  trial: before?.trial,
  backOff: before?.backOff ?? milliseconds(0),
  stalledAt: before?.stalledAt ?? now,
  stalls: before?.stalls ?? 0,
});

/** The level to aim at now. */
export const targetLevel = (
  { level, reserve }: LatencyTarget,
  { spread, backOff }: LatencyState,
): Milliseconds => milliseconds(Math.max(level, reserve + spread) + backOff);

/** @param deadBand the largest error that is left alone */
export function decideLatency(
  sample: PlayheadSample,
  target: LatencyTarget,
  before: LatencyState,
  deadBand: number = DEAD_BAND_MS,
): { readonly action: LatencyAction; readonly state: LatencyState } {
  const { now } = sample;
  const state = observe(sample, target, before);
  const aim = targetLevel(target, state);
  if (sample.started && !sample.guided && mustSeek(sample, aim, state)) {
    return { action: { do: 'seek', level: aim }, state: joinLatency(now, state) };
  }
  const { smoothed = sample.level } = state;
  const isSettled = Math.abs(sample.level - smoothed) <= UNSETTLED_MS;
  // A slower clock would not show the late pictures sooner, and those that come in time again later.
  const drifts = target.showsLate && sample.level < -FAR_AHEAD_MS && !isSettled;
  const stands = !sample.started || sample.waiting || sample.seeking;
  const rate = stands || drifts ? 1 : chooseRate(aim, state, deadBand);
  const isCalm = isSettled && state.starvedSince === undefined;
  const arrived = rate === 1 && now - state.joinedAt > GRACE_MS && isCalm;
  const hurryUntil = arrived ? now : state.hurryUntil;
  return { action: { do: 'rate', rate }, state: { ...state, rate, hurryUntil } };
}

function observe(sample: PlayheadSample, target: LatencyTarget, before: LatencyState): LatencyState {
  const { now, level } = sample;
  const passed = now - before.at;
  const known = passed < STALE_MS ? before.smoothed : undefined;
  const weight = 1 - Math.exp(-passed / SMOOTHING_MS);
  const smoothed = milliseconds(known === undefined ? level : known + (level - known) * weight);

  // Without sound nothing makes the browser wait: the clock keeps running, and frames arrive late.
  const starved = sample.started && (sample.waiting || sample.seeking || level < -target.overrun);
  const stalled =
    starved && before.starvedSince === undefined && !sample.excused && now - before.joinedAt > GRACE_MS;
  // While nothing arrives, the level falls, and going back would show the same pictures again. While what has queued up
  // arrives, it rises, and where late pictures are shown, going back would leave the picture late for good.
  const moves = target.showsLate ? Math.abs(level - smoothed) : smoothed - level;
  const farBehind = target.showsLate ? FAR_BEHIND_PICTURES_MS : FAR_BEHIND_MS;
  const far =
    (level < -FAR_AHEAD_MS && moves <= UNSETTLED_MS && !sample.excused) ||
    level > targetLevel(target, before) + farBehind;
  const learnt = learn(sample, target, before, { starved, stalled });
  return {
    ...before,
    ...learnt,
    at: now,
    smoothed,
    farSince: far ? (before.farSince ?? now) : undefined,
    hurryUntil: starved ? milliseconds(now + HURRY_MS) : before.hurryUntil,
    starvedSince: starved ? (before.starvedSince ?? now) : undefined,
    stalledAt: stalled ? now : before.stalledAt,
    stalls: before.stalls + (stalled ? 1 : 0),
  };
}

/** What we learn about the target from the arrivals and from a stall. */
function learn(
  { now, evidence, excused }: PlayheadSample,
  target: LatencyTarget,
  before: LatencyState,
  { starved, stalled }: { readonly starved: boolean; readonly stalled: boolean },
): Pick<LatencyState, 'spread' | 'lessonUntil' | 'trial' | 'backOff'> {
  const covered = milliseconds(targetLevel(target, before) - target.reserve);
  const begun = before.trial ?? (stalled ? { calm: Milliseconds.zero, covered } : undefined);
  const calm = milliseconds((begun?.calm ?? 0) + (starved ? 0 : now - before.at));
  const trial = begun && !excused ? { ...begun, calm } : undefined;
  const isDue = trial !== undefined && calm >= VERDICT_AFTER_MS;
  const isKnown = isDue && !evidence.isCut;
  const wasLate = isKnown && evidence.worst - target.tolerated > trial.covered;
  const isUnexplained = isKnown && !wasLate;
  const lessonUntil = wasLate ? milliseconds(now + LESSON_MS) : before.lessonUntil;
  const isLesson = now < lessonUntil;
  const accident = isLesson ? Math.min(evidence.worst, MOST_OF_ACCIDENT_MS) : 0;
  // Delays are never equal: the next one must not stop the picture again because it is a little longer.
  const tolerated = isLesson ? target.tolerated / 2 : target.tolerated;
  const rare = Math.min(evidence.repeating, MOST_OF_RARE_MS) - tolerated;
  const need = Math.max(evidence.often, accident - target.tolerated, rare);
  const shrunk = before.spread - ((now - before.at) / 1000) * SHRINK_MS_PER_S;
  return {
    spread: milliseconds(Math.max(need, shrunk)),
    lessonUntil,
    trial: isDue ? undefined : trial,
    backOff: isUnexplained ? raised(before.backOff) : lowered(before, now),
  };
}

const raised = (backOff: Milliseconds): Milliseconds =>
  milliseconds(Math.min(MAX_BACK_OFF_MS, backOff * BACK_OFF_GROWTH + BACK_OFF_STEP_MS));

function lowered({ backOff, stalledAt, at }: LatencyState, now: Milliseconds): Milliseconds {
  if (now - stalledAt < CALM_MS) return backOff;
  return milliseconds(Math.max(0, backOff - ((now - at) / 1000) * COME_BACK_MS_PER_S));
}

function mustSeek(sample: PlayheadSample, aim: Milliseconds, state: LatencyState): boolean {
  const { now, level, waiting, seeking } = sample;
  const far = state.farSince !== undefined && now - state.farSince >= FAR_FOR_MS;
  const canResume = waiting && !seeking && level >= aim && now - state.joinedAt >= RESUME_BY_SEEK_MS;
  return far || canResume;
}

function chooseRate(
  aim: Milliseconds,
  { at, smoothed, rate, hurryUntil }: LatencyState,
  deadBand: number,
): number {
  const error = (smoothed ?? aim) - aim;
  const correcting = rate !== 1 && Math.sign(rate - 1) === Math.sign(error);
  if (Math.abs(error) <= (correcting ? SETTLED_MS : deadBand)) return 1;
  const hurried = at < hurryUntil;
  const most = hurried ? MOST_HURRIED_CORRECTION : MOST_CORRECTION;
  const gain = hurried ? HURRIED_GAIN_PER_MS : GAIN_PER_MS;
  const size = Math.min(most, Math.max(RATE_STEP, Math.abs(error) * gain));
  const steps = Math.round(size / RATE_STEP) * Math.sign(error);
  return 1 + steps * RATE_STEP;
}

/**
 * Whether to go to the live edge when the burst of a join has arrived. A picture that stands still loses nothing by
 * that. A moving one (the encoder was replaced, and the media continue) is left alone unless it is far off.
 */
export const joinMustSeek = (level: Milliseconds, aim: Milliseconds, standing: boolean): boolean =>
  (standing && Math.abs(level - aim) > DEAD_BAND_MS) || level > aim + FAR_BEHIND_MS || level < -FAR_AHEAD_MS;
