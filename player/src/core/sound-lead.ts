import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * What the sound needs so that it reaches the loudspeaker in time: encoders give sound later than pictures, and sound
 * devices take theirs some time before it is heard (headphones without a wire 200 ms). Judged by how much sound was
 * still in hand when it was due. Pure.
 */
export interface SoundLead {
  /** To add to the target of the picture. */
  readonly lead: Milliseconds;
  /** How much later than its picture the sound has to be heard, as long as the picture is not that far behind. */
  readonly lag: Milliseconds;
  readonly at: Milliseconds;
  readonly needs: readonly { readonly at: Milliseconds; readonly need: Milliseconds }[];
}

export interface SoundSupply {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** Media of the picture in hand, smoothed. */
  readonly level: Milliseconds;
  /** The least sound that was in hand when more came; below 0: that came so much too late. */
  readonly least: Milliseconds;
}

/** The thread that plays the sound must not wait for the next message on a busy machine. */
const SPARE_MS = 8;
/** Sound is late all the time in nature; from 45 ms on viewers notice (ITU-R BT.1359). The picture needs not wait for this. */
const UNNOTICED_LAG_MS = 8;
/** While the picture is on its way to its place, late sound is better than sound with holes. */
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

/** @param target of the picture alone */
export function supplySound(
  { now, level, least }: SoundSupply,
  target: Milliseconds,
  before: SoundLead,
): SoundLead {
  // How much of the level is used up before the sound is heard; this does not depend on the level.
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

/** Up at once, down slowly. */
const follow = (before: number, wanted: number, most: number, back: number): Milliseconds =>
  milliseconds(Math.max(0, Math.min(most, Math.max(wanted, before - back))));
