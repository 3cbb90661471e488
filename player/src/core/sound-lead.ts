import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Slot, worstEvents } from './arrivals.js';
import { MOST_STRETCH_MS } from './sound-follow.js';

/**
 * How far the picture has to stay behind so that the sound reaches the loudspeaker in time. Encoders deliver sound later
 * than pictures, and sound devices take it some time before it is heard (wireless headphones: 200 ms). We judge by the
 * sound that was still in hand when it was due. A rare delay need not be covered in full: the sound is stretched then.
 */
export interface SoundLead {
  /** What we add to the picture's target. */
  readonly lead: Milliseconds;
  /** How much later than its picture the sound is heard, until the picture is far enough behind. */
  readonly lag: Milliseconds;
  /** Undefined before the first report. */
  readonly history?: History;
}

interface History {
  readonly at: Milliseconds;
  /** Of the last reports, the newest one last. */
  readonly needs: readonly Milliseconds[];
  /** The highest need of each second of the last minute. */
  readonly slots: readonly Slot[];
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
/** What lasts over so many reports is no delay that will pass. */
const LASTING = 5;
/** What comes in more than {@link OFTEN} of these seconds is covered in full. */
const RECENT_S = 8;
const OFTEN = 0.3;
const WINDOW_S = 60;
const LEAD_COMES_BACK_MS_PER_S = 10;
const LAG_COMES_BACK_MS_PER_S = 20;

export const NO_LEAD: SoundLead = {
  lead: Milliseconds.zero,
  lag: Milliseconds.zero,
};

/** @param target the picture's target without the lead */
export function supplySound(
  { now, level, least }: SoundSupply,
  target: Milliseconds,
  before: SoundLead,
): SoundLead {
  // The part of the level that passes before the sound is heard. It does not depend on the level.
  const newest = milliseconds(level + before.lag - least);
  // So late is not the way of this stream: the connection was cut, or the time stamps jumped.
  if (newest > target + MOST_LEAD_MS) return before;
  const { history } = before;
  const needs = [...(history?.needs ?? []), newest].slice(-LASTING);
  const slots = withNeed(history?.slots ?? [], Math.floor(now / 1000), newest);
  const need = Math.max(usualNeed(needs, slots), rareNeed(slots) - MOST_STRETCH_MS) + SPARE_MS;
  const passed = Math.max(0, now - (history?.at ?? now)) / 1000;
  return {
    lead: follow(
      before.lead,
      need - UNNOTICED_LAG_MS - target,
      MOST_LEAD_MS,
      passed * LEAD_COMES_BACK_MS_PER_S,
    ),
    lag: follow(before.lag, need - level, MOST_LAG_MS, passed * LAG_COMES_BACK_MS_PER_S),
    history: { at: now, needs, slots },
  };
}

function withNeed(slots: readonly Slot[], second: number, need: number): Slot[] {
  const kept = slots.filter((slot) => slot.second > second - WINDOW_S);
  const newest = kept.at(-1);
  if (newest?.second !== second) return [...kept, { second, worst: need }];
  return [...kept.slice(0, -1), { second, worst: Math.max(newest.worst, need) }];
}

function usualNeed(needs: readonly number[], slots: readonly Slot[]): number {
  const recent = slots.slice(-RECENT_S).map(({ worst }) => worst);
  recent.sort((a, b) => b - a);
  return Math.max(Math.min(...needs), recent[Math.floor(recent.length * OFTEN)]!);
}

/** What comes twice a minute, as far as we know. */
function rareNeed(slots: readonly Slot[]): number {
  const [worst, next] = worstEvents(slots, 2);
  const isNew = slots.at(-1)!.second - slots[0]!.second < WINDOW_S / 2;
  return (isNew ? worst : next)?.worst ?? 0;
}

/** Rises at once, and falls slowly. */
const follow = (before: number, wanted: number, most: number, back: number): Milliseconds =>
  milliseconds(Math.max(0, Math.min(most, Math.max(wanted, before - back))));
