import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * Keeps the sound in step with the picture. A change of the rate, too small to hear, corrects small errors. A splice
 * corrects larger ones: the sound continues a little later or earlier, under a cross-fade, so the pitch stays the same
 * while the picture runs 5 % faster or slower. A jump is for sound that is far away from its picture. This only decides;
 * `worklet/follower.ts` acts.
 */
export type SoundMove =
  | { readonly do: 'rate'; readonly rate: number }
  /** Continue this much later in the media (earlier if negative), or at this rate if there is too little sound. */
  | { readonly do: 'splice'; readonly by: Milliseconds; readonly otherwise: number }
  /** Fade out, continue where the picture is, fade in. */
  | { readonly do: 'jump' };

/** Time constant of the smoothing: reports about the picture come ten times a second, each wrong by some ms. */
const SMOOTHING_MS = 200;
/** An error up to this is left alone, so that the sound is not interpolated. */
const DEAD_BAND_MS = 2;
/** 0.5 % is a twelfth of a semitone. */
const GAIN_PER_MS = 0.0005;
const MOST_CORRECTION = 0.005;
/** Half of what a viewer may notice. The other half is for noise and for the wait until the next splice. */
const SPLICE_FROM_MS = 10;
/** Splices that follow each other faster than this sound rough. */
const SPLICE_PERIOD_MS = 120;
/** A viewer hears a longer skip or repeat, so a short silence is better. */
const PARTED_MS = 150;
const PARTED_FOR_MS = 60;
/** Sound that waits for more is stretched until it is so late, so that it has no hole. Few notice that for a moment. */
export const MOST_STRETCH_MS = 60;

export interface SoundSample {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** Media time of the picture minus that of the sound, at the moment when both are perceived. */
  readonly behind: Milliseconds;
  /** The playback rate of the picture. */
  readonly speed: number;
  /** Sound is being heard, so a jump would be heard as well. */
  readonly audible: boolean;
}

export interface FollowState {
  readonly at: Milliseconds;
  readonly rate: number;
  readonly smoothed: Milliseconds | undefined;
  readonly splicedAt: Milliseconds;
  /** Since when the error has been too large for splices. */
  readonly partedSince: Milliseconds | undefined;
}

export const NOT_FOLLOWING: FollowState = {
  at: milliseconds(0),
  rate: 1,
  smoothed: undefined,
  splicedAt: milliseconds(Number.NEGATIVE_INFINITY),
  partedSince: undefined,
};

export function decideSound(
  { now, behind, speed, audible }: SoundSample,
  before: FollowState,
): { readonly move: SoundMove; readonly state: FollowState } {
  if (!audible) return { move: { do: 'jump' }, state: { ...NOT_FOLLOWING, at: now } };
  const passed = now - before.at;
  const weight = 1 - Math.exp(-passed / SMOOTHING_MS);
  // We know at once what the difference of the two speeds causes, so only the rest is smoothed.
  const known = before.smoothed === undefined ? behind : before.smoothed + (speed - before.rate) * passed;
  const smoothed = milliseconds(known + (behind - known) * weight);
  const parted = Math.abs(behind) > PARTED_MS;
  const partedSince = parted ? (before.partedSince ?? now) : undefined;
  const correction = Math.abs(smoothed) <= DEAD_BAND_MS ? 0 : smoothed * GAIN_PER_MS;
  const rate = 1 + Math.max(-MOST_CORRECTION, Math.min(MOST_CORRECTION, correction));
  const state = { ...before, at: now, rate, smoothed, partedSince };
  if (partedSince !== undefined && now - partedSince >= PARTED_FOR_MS) {
    return { move: { do: 'jump' }, state: { ...NOT_FOLLOWING, at: now } };
  }
  if (!parted && Math.abs(smoothed) > SPLICE_FROM_MS && now - before.splicedAt >= SPLICE_PERIOD_MS) {
    return { move: { do: 'splice', by: smoothed, otherwise: rate }, state };
  }
  return { move: { do: 'rate', rate }, state };
}

/** @param by the length of the splice that was made. It suits the waveform, so it differs from the wanted one. */
export const spliced = (state: FollowState, by: Milliseconds): FollowState => ({
  ...state,
  rate: 1,
  smoothed: milliseconds((state.smoothed ?? by) - by),
  splicedAt: state.at,
});
