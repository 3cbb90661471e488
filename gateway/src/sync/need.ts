import { MOST_SYNC_DELAY } from '@topicast/contracts/sync';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Delays are multiples of this, so that the needs may waver a little without moving anybody. */
export const STEP_MS = 25;
/** A need just below a step could rise above it again. */
const MARGIN_MS = 5;
/** A lower need has to last for this long before the delay follows, one step a second. */
const HOLD_MS = 10_000;
const FALL_EVERY_MS = 1_000;

/** What the members of one process need together: it rises at once, and falls slowly. */
export interface HeldNeed {
  readonly level: Milliseconds;
  /** Since when less has been enough. */
  readonly lowSince: Milliseconds | undefined;
}

export const NO_NEED: HeldNeed = { level: milliseconds(0), lowSince: undefined };

/** @param need the greatest of the members that are not left out */
export function holdNeed({ level, lowSince }: HeldNeed, need: number, now: Milliseconds): HeldNeed {
  const wanted = Math.max(level, Math.min(MOST_SYNC_DELAY, inSteps(need)));
  if (wanted > level || inSteps(need + MARGIN_MS) >= level) {
    return { level: milliseconds(wanted), lowSince: undefined };
  }
  if (now - (lowSince ?? now) < HOLD_MS) return { level, lowSince: lowSince ?? now };
  return { level: milliseconds(level - STEP_MS), lowSince: milliseconds(now - HOLD_MS + FALL_EVERY_MS) };
}

const inSteps = (ms: number): number => Math.ceil(ms / STEP_MS) * STEP_MS;
