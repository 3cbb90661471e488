import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * How far the picture has to stay behind so that the sound reaches the loudspeaker in time. Encoders deliver sound later
 * than pictures, and sound devices take it some time before it is heard (wireless headphones: 200 ms). We judge by the
 * sound that was still in hand when it was due.
 */
export interface SoundLead {
  /** What we add to the picture's target. */
  readonly lead: Milliseconds;
  /** How much later than its picture the sound is heard, until the picture is far enough behind. */
  readonly lag: Milliseconds;
  readonly at: Milliseconds;
  readonly needs: readonly { readonly at: Milliseconds; readonly need: Milliseconds }[];
}

export interface SoundSupply {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** How much of the picture is in hand, smoothed. */
  readonly level: Milliseconds;
  /** The least sound that was in hand when more came. A negative value says how much too late that came. */
  readonly least: Milliseconds;
}

/** On a busy machine, the audio thread must not run out of sound before the next message. */
const SPARE_MS = 8;
/** The picture need not wait for so little. In nature sound is always late; viewers notice 45 ms (ITU-R BT.1359). */
const UNNOTICED_LAG_MS = 8;
/** While the picture is still moving to its new target, late sound is better than sound with holes. */
const MOST_LAG_MS = 40;
const MOST_LEAD_MS = 400;
/** The highest need within this time counts. */
const WINDOW_MS = 8_000;
const LEAD_COMES_BACK_MS_PER_S = 5;
const LAG_COMES_BACK_MS_PER_S = 20;

export const NO_LEAD: SoundLead = {
  lead: milliseconds(0),
  lag: milliseconds(0),
  at: milliseconds(Number.NEGATIVE_INFINITY),
  needs: [],
};

/** @param target the picture's target without the lead */
export function supplySound(
  { now, level, least }: SoundSupply,
  target: Milliseconds,
  before: SoundLead,
): SoundLead {
  // The part of the level that passes before the sound is heard. It does not depend on the level.
  const newest = { at: now, need: milliseconds(level + before.lag - least) };
  // So late is not the way of this stream: the connection was cut, or the time stamps jumped.
  if (newest.need > target + MOST_LEAD_MS) return before;
  const needs = [...before.needs, newest].filter(({ at }) => now - at < WINDOW_MS);
  const need = Math.max(...needs.map((one) => one.need)) + SPARE_MS;
  const passed = Math.max(0, now - before.at) / 1000;
  return {
    lead: follow(
      before.lead,
      need - UNNOTICED_LAG_MS - target,
      MOST_LEAD_MS,
      passed * LEAD_COMES_BACK_MS_PER_S,
    ),
    lag: follow(before.lag, need - level, MOST_LAG_MS, passed * LAG_COMES_BACK_MS_PER_S),
    at: now,
    needs,
  };
}

/** Rises at once, and falls slowly. */
const follow = (before: number, wanted: number, most: number, back: number): Milliseconds =>
  milliseconds(Math.max(0, Math.min(most, Math.max(wanted, before - back))));
