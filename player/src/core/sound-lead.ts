import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * What the sound needs beyond the target of the picture, so that it reaches the loudspeaker in time: encoders give
 * sound later than pictures, and sound devices take theirs some time before it is heard (headphones without a wire
 * 200 ms). Judged by how much sound was still in hand when it was due. Pure.
 */
export interface SoundLead {
  /** To add to the target of the picture. */
  readonly lead: Milliseconds;
  /** How much later than its picture the sound is heard: viewers do not notice so little. */
  readonly lag: Milliseconds;
  readonly at: Milliseconds;
  readonly needs: readonly { readonly at: Milliseconds; readonly need: Milliseconds }[];
}

export interface SoundSupply {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** Media of the picture in hand, smoothed. */
  readonly level: Milliseconds;
  /** The least sound in hand since the report before; below 0: it came this much too late. */
  readonly least: Milliseconds;
}

/** The thread that plays the sound must not wait for the next message on a busy machine. */
const SPARE_MS = 8;
/** Sound is late all the time in nature; from 45 ms on viewers notice (ITU-R BT.1359). */
const MOST_LAG_MS = 10;
const MOST_MS = 400;
/** The highest need within this time counts. */
const WINDOW_MS = 8_000;
const COME_BACK_MS_PER_S = 5;

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
  const needs = [...before.needs, newest].filter(({ at }) => now - at < WINDOW_MS);
  const missing = Math.max(...needs.map(({ need }) => need)) + SPARE_MS - target;
  const back = (Math.max(0, now - before.at) / 1000) * COME_BACK_MS_PER_S;
  const wanted = Math.max(missing, before.lead + before.lag - back);
  const bounded = Math.max(0, Math.min(MOST_MS, wanted));
  const lag = Math.min(MOST_LAG_MS, bounded);
  return { lead: milliseconds(bounded - lag), lag: milliseconds(lag), at: now, needs };
}
