import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * Keeps the sound with the picture. Small errors go by a rate that nobody hears; larger ones by a splice, which
 * continues a little later or earlier in the sound under a cross-fade, so that the pitch stays while the picture runs
 * 5 % faster or slower; and only where sound and picture have parted, by a jump. Pure: it does nothing itself.
 */
export type SoundMove =
  | { readonly do: 'rate'; readonly rate: number }
  /** Continue this much later in the media (earlier if negative), at the same rate. */
  | { readonly do: 'splice'; readonly by: Milliseconds }
  /** Fade out, continue where the picture is, fade in. */
  | { readonly do: 'jump' };

/** Time constant of the smoothing: reports about the picture come ten times a second, each wrong by some ms. */
const SMOOTHING_MS = 200;
/** Within this, the sound stays as it is: no interpolation, no filter. */
const DEAD_BAND_MS = 2;
/** 0.5 % is a twelfth of a semitone. */
const GAIN_PER_MS = 0.0005;
const MOST_CORRECTION = 0.005;
/** Half of what a viewer may notice, so that noise and the time until the next splice stay below it. */
const SPLICE_FROM_MS = 10;
/** Splices closer together than this would be heard as roughness. */
const SPLICE_PERIOD_MS = 120;
/** Skipping or repeating more than this at once is heard as such; then a short silence is better. */
const PARTED_MS = 150;
const PARTED_FOR_MS = 60;

export interface SoundSample {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** Media time of the picture minus that of the sound, at the moment when both are perceived. */
  readonly behind: Milliseconds;
  /** Of the picture. */
  readonly speed: number;
  /** Something is being heard, so that a jump would be heard, too. */
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
  // What the two speeds explain needs no smoothing, and so does not come late.
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
    return { move: { do: 'splice', by: smoothed }, state: { ...state, rate: 1 } };
  }
  return { move: { do: 'rate', rate }, state };
}

/** @param by of the splice as it was made: it keeps to the waveform, and so differs from what was asked. */
export const spliced = (state: FollowState, by: Milliseconds): FollowState => ({
  ...state,
  smoothed: milliseconds((state.smoothed ?? by) - by),
  splicedAt: state.at,
});
