import { SYNC_TELL_EVERY, type SyncNews } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds, type Seconds, seconds } from '@topicast/contracts/units';
import type { LatencyAction } from './latency.js';
import type { TimelineAnchor } from './timeline.js';

/**
 * Keeps the players of a group in step (docs/design/in-step.md): each shows the frame with wall clock W at W plus the
 * group's delay, by the gateway's clock. The group agrees on the delay; this decides what a player needs, and how it gets
 * to its place and stays there.
 */

/** The place on the media timeline whose wall clock is this. */
export const placeAt = ({ media, wallClock }: TimelineAnchor, moment: Milliseconds): Seconds =>
  seconds(media + (moment - wallClock) / 1000);

/** What a player needs: how old the newest media are, smoothed, and the level that it would keep by itself. */
export interface Need {
  /** Of the newest sample. */
  readonly at: Milliseconds;
  /** Since when the age has not fallen any more, and what it was then. */
  readonly since: Milliseconds;
  readonly low: Milliseconds;
  /** Where the media ended at the newest sample. */
  readonly end: Seconds;
  readonly age: Milliseconds;
  readonly told: { readonly needs: Milliseconds; readonly at: Milliseconds } | undefined;
}

/**
 * Who begins to play is busy and has yet to catch up: the newest sample counts, and the group is told when the age has
 * not fallen by so much for so long.
 */
const LEARNING_MS = 1_000;
const FALL_MS = 30;
/** After a pause like this it begins anew. */
const PAUSE_MS = 1_000;
/** Further back, another timeline has begun. */
const MOST_REPEATED_S = 1;
const AGE_SMOOTHING_MS = 1_000;
/** A connection that breaks for a moment must not move the whole group: the age rises by at most so much. */
const MOST_RISE_PER_MS = 0.15;
const TELL_AT_ONCE_MS = 3;
const TELL_LESS_MS = 10;
const LEAST_BETWEEN_MS = 250;

/**
 * @param age of the newest media, by the gateway's clock
 * @param end where they end. If that has not moved, nothing has come, which says nothing about the age of what will
 */
export function followAge(
  now: Milliseconds,
  age: Milliseconds,
  end: Seconds,
  before: Need | undefined,
): Need {
  if (before && end <= before.end && end > before.end - MOST_REPEATED_S) return before;
  if (!before || now - before.at > PAUSE_MS)
    return { at: now, since: now, low: age, age, end, told: undefined };
  if (!before.told && now - before.since < LEARNING_MS) {
    const falls = age < before.low - FALL_MS;
    return { ...before, at: now, end, age, ...(falls && { since: now, low: age }) };
  }
  const passed = Math.max(0, now - before.at);
  const change = (age - before.age) * (1 - Math.exp(-passed / AGE_SMOOTHING_MS));
  return {
    ...before,
    at: now,
    end,
    age: milliseconds(before.age + Math.min(change, passed * MOST_RISE_PER_MS)),
  };
}

/**
 * Whether to tell the gateway: a greater need soon, a lower one now and then, and the same as a sign of life, also while
 * there are no new samples.
 */
export function isWorthTelling({ at, since, told }: Need, needs: Milliseconds, now = at): boolean {
  if (!told) return at - since >= LEARNING_MS;
  const passed = now - told.at;
  if (needs > told.needs + TELL_AT_ONCE_MS) return passed >= LEAST_BETWEEN_MS;
  return passed >= SYNC_TELL_EVERY || (needs < told.needs - TELL_LESS_MS && passed >= SYNC_TELL_EVERY / 2);
}

/** A member that needs so much more than the group has agreed on goes alone, until the group has followed. */
const MOST_MISSING_MS = 30;

export const canBeInStep = (news: SyncNews, needs: Milliseconds, isInStep: boolean): boolean =>
  news.member && needs <= news.delay + (isInStep ? MOST_MISSING_MS : 0);

/** How long a picture waits for the refresh of most screens, at most. */
const REFRESH_MS = 17;

/**
 * How far ahead of its place a playhead has to be for its pictures to be on the screen in time. A change moves them
 * against the screen's refresh, and so what is seen afterwards: only a large lag is followed, and a little one is none.
 * @param seen how much later than its turn a picture is on the screen; undefined while that is not known
 */
export function followLag(seen: Milliseconds | undefined, before: Milliseconds): Milliseconds {
  if (seen === undefined) return before;
  if (Math.abs(seen) < REFRESH_MS) return Milliseconds.zero;
  return Math.abs(seen - before) > 2 * REFRESH_MS ? seen : before;
}

export interface StepSample {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** Media ahead of the playhead. */
  readonly level: Milliseconds;
  /** How far the picture is behind its place; negative: ahead. */
  readonly behind: Milliseconds;
  /** How much further back there still are media. */
  readonly reach: Milliseconds;
  readonly by: Steering;
}

export interface StepState {
  readonly at: Milliseconds;
  readonly behind: Milliseconds;
  readonly rate: number;
  readonly farSince: Milliseconds | undefined;
}

/** Unlike the level, the difference from the place has no sawtooth, so that little smoothing is enough. */
const SMOOTHING_MS = 120;
const STALE_MS = 500;
/** What plays: the clock of decoded pictures is exact; sound in a media source is stretched anew at each change. */
export type Steering = 'clock' | 'source' | 'source-with-audio';
const BAND_MS: Record<Steering, number> = { clock: 2, source: 5, 'source-with-audio': 12 };
const SETTLED_MS: Record<Steering, number> = { clock: 0.5, source: 1.5, 'source-with-audio': 4 };
const GAIN_PER_MS = 0.001;
const RATE_STEP = 0.01;
const MOST_CORRECTION = 0.05;
/** Beyond this, being out of step is worse than a rate that can be seen. */
const HURRY_BEYOND_MS = 80;
const MOST_HURRIED_CORRECTION = 0.1;
/** At 10 % this takes 3 s. */
const FAR_MS = 300;
const FAR_FOR_MS = 250;

export function decideStep(
  { now, level, behind: newest, reach, by }: StepSample,
  before: StepState | undefined,
): { readonly action: LatencyAction; readonly state: StepState } {
  const passed = before ? now - before.at : STALE_MS;
  const weight = 1 - Math.exp(-passed / SMOOTHING_MS);
  const behind = milliseconds(
    before && passed < STALE_MS ? before.behind + (newest - before.behind) * weight : newest,
  );
  const isFar = newest > FAR_MS || (newest < -FAR_MS && reach > FAR_MS);
  const farSince = isFar ? (before?.farSince ?? now) : undefined;
  if (farSince !== undefined && now - farSince >= FAR_FOR_MS) {
    const action = { do: 'seek', level: milliseconds(level - Math.max(newest, -reach)) } as const;
    return { action, state: { at: now, behind: milliseconds(0), rate: 1, farSince: undefined } };
  }
  const rate = rateFor(behind, before?.rate ?? 1, by);
  return { action: { do: 'rate', rate }, state: { at: now, behind, rate, farSince } };
}

function rateFor(behind: number, before: number, by: Steering): number {
  const correcting = before !== 1 && Math.sign(before - 1) === Math.sign(behind);
  const size = Math.abs(behind);
  if (size <= (correcting ? SETTLED_MS : BAND_MS)[by]) return 1;
  const most = size > HURRY_BEYOND_MS ? MOST_HURRIED_CORRECTION : MOST_CORRECTION;
  const steps = Math.max(1, Math.round(Math.min(most, size * GAIN_PER_MS) / RATE_STEP));
  return 1 + steps * Math.sign(behind) * RATE_STEP;
}
