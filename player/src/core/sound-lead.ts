import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * How much further behind the live edge the picture has to stay so that the sound reaches the loudspeaker in time:
 * encoders give sound later than pictures, and sound devices take theirs some time before it is heard (headphones
 * without a wire 200 ms). Judged by how much sound was still in hand when it was due. Pure.
 */

/** The thread that plays the sound must not wait for the next message on a busy machine. */
const SPARE_MS = 15;
const AFTER_UNDERRUN_MS = 20;
const MOST_MS = 400;
/** The least that was in hand within this time counts. */
const WINDOW_MS = 5_000;
const CALM_MS = 20_000;
const COME_BACK_MS_PER_S = 3;
/** A report after a longer pause says nothing about the time between. */
const STALE_MS = 2_000;

export interface SoundSupply {
  /** Monotonic. */
  readonly now: Milliseconds;
  /** The least sound in hand since the report before, when it was taken; 0 or less: it ran dry. */
  readonly least: Milliseconds;
  /** Since the beginning. */
  readonly underruns: number;
}

export interface SoundLead {
  /** To add to the target of the picture. */
  readonly lead: Milliseconds;
  readonly at: Milliseconds;
  readonly underruns: number;
  readonly shortAt: Milliseconds;
  readonly window: readonly Pick<SoundSupply, 'now' | 'least'>[];
}

export const NO_LEAD: SoundLead = {
  lead: milliseconds(0),
  at: milliseconds(Number.NEGATIVE_INFINITY),
  underruns: 0,
  shortAt: milliseconds(Number.NEGATIVE_INFINITY),
  window: [],
};

/** @param settled the picture is at its target: only then does the supply say whether the target is right. */
export function supplySound(supply: SoundSupply, settled: boolean, before: SoundLead): SoundLead {
  const { now, least, underruns } = supply;
  const passed = now - before.at;
  const window = [...before.window, { now, least }].filter((one) => now - one.now < WINDOW_MS);
  const known = { ...before, at: now, underruns };
  if (!settled || passed > STALE_MS) return { ...known, window: [] };
  const ranDry = underruns > before.underruns;
  const missing = ranDry ? AFTER_UNDERRUN_MS : SPARE_MS - Math.min(...window.map((one) => one.least));
  if (missing > 0) {
    const lead = milliseconds(Math.min(MOST_MS, before.lead + missing));
    // What was measured before says nothing about the new target.
    return { ...known, lead, shortAt: now, window: [] };
  }
  const calm = now - before.shortAt > CALM_MS && missing < -SPARE_MS;
  const back = calm ? (passed / 1000) * COME_BACK_MS_PER_S : 0;
  return { ...known, lead: milliseconds(Math.max(0, before.lead - back)), window };
}
