import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** How much later than usual chunks arrived during the last minute. */
export interface ArrivalEvidence {
  /** What came several times. */
  readonly often: Milliseconds;
  /** What a buffer has to cover if the worst delay was an accident: the worst delay that came more than once. */
  readonly repeating: Milliseconds;
  /** What a buffer has to cover if the worst delay can come again. */
  readonly worst: Milliseconds;
  /** What came just now was so late that no buffer covers it: the connection was cut, say. */
  readonly isCut: boolean;
}

/** The worst delay within one second, in ms. */
export interface Slot {
  readonly second: number;
  worst: number;
}

const WINDOW_S = 60;
/** Time constant of the usual delay: about as fast as the playhead follows. */
const USUAL_MS = 2_500;
/** Delays that are closer together than this have the same cause. */
const ONE_EVENT_S = 2;
/** So many delays a minute are often. */
const OFTEN = 8;
/** No buffer covers more than this. A connection that was cut says nothing about the target. */
const MOST_MS = 1_000;
/** So long after a cut, stalls are its effects. */
const AFTER_CUT_MS = 3_000;
/** If such delays last for this long, the network has become slower for good. */
const FOR_GOOD_MS = 5_000;
/** An overload shows within this time. */
const OVERLOAD_MS = 2_000;
/** After a larger step of the decode time, another time line has begun. */
const LONGEST_STEP_MS = 2_000;

const ZERO = Milliseconds.zero;
export const NO_EVIDENCE: ArrivalEvidence = {
  often: ZERO,
  repeating: ZERO,
  worst: ZERO,
  isCut: false,
};

/** The worst delays that had different causes, the worst one first. @param most so many of them */
export function worstEvents(slots: readonly Slot[], most: number): Slot[] {
  const events: Slot[] = [];
  for (const slot of [...slots].sort((a, b) => b.worst - a.worst)) {
    if (events.length === most) break;
    if (events.every(({ second }) => Math.abs(second - slot.second) >= ONE_EVENT_S)) events.push(slot);
  }
  return events;
}

/**
 * Learns how much the delays of chunks vary. Only the delay above the usual one of the last seconds counts. The playhead
 * follows slower changes by its rate: those of the network path, of the clocks, and of an encoder that does not keep up.
 */
export class Arrivals {
  readonly #slots: Slot[] = [];
  /** Arrival minus decode time, smoothed. The two clocks are unrelated. */
  #usual: number | undefined;
  #last: { readonly arrival: number; readonly media: number } | undefined;
  /** We add this to decode times, so that a new time line continues the old one. */
  #shift = 0;
  /** The connection was cut, or nearly. The chunks that waited come late together, and the next ones less and less. */
  #recoveringSince: number | undefined;
  #cutAt = Number.NEGATIVE_INFINITY;

  /** @param media the decode time of a picture, counted from any origin */
  add(arrival: Milliseconds, media: Milliseconds): void {
    const passed = this.#last ? arrival - this.#last.arrival : 0;
    if (this.#last) {
      const step = media + this.#shift - this.#last.media;
      if (Math.abs(step) > LONGEST_STEP_MS) this.#shift += passed - step;
    }
    this.#last = { arrival, media: media + this.#shift };
    const delay = arrival - this.#last.media;
    this.#usual ??= delay;
    const excess = delay - this.#usual;
    if (this.#isRecovering(arrival, excess)) return;
    this.#record(Math.floor(arrival / 1000), excess);
    this.#usual += excess * (1 - Math.exp(-passed / USUAL_MS));
  }

  /** What came in the last seconds was late because more was sent than the network carries, and that has ended. */
  forgetOverload(now: Milliseconds): void {
    while (this.#slots.length > 0 && this.#slots.at(-1)!.second * 1000 > now - OVERLOAD_MS) this.#slots.pop();
  }

  get evidence(): ArrivalEvidence {
    const events = worstEvents(this.#slots, OFTEN);
    const [worst, repeating, often] = [0, 1, OFTEN - 1].map((index) =>
      milliseconds(Math.max(0, events[index]?.worst ?? 0)),
    ) as [Milliseconds, Milliseconds, Milliseconds];
    return { worst, repeating, often, isCut: (this.#last?.arrival ?? 0) - this.#cutAt < AFTER_CUT_MS };
  }

  #isRecovering(arrival: number, excess: number): boolean {
    if (excess > MOST_MS) {
      this.#recoveringSince ??= arrival;
      this.#cutAt = arrival;
    }
    if (this.#recoveringSince === undefined) return false;
    if (excess <= this.evidence.repeating) {
      this.#recoveringSince = undefined;
      return false;
    }
    if (arrival - this.#recoveringSince < FOR_GOOD_MS) return true;
    this.#recoveringSince = undefined;
    this.#usual = undefined;
    this.#slots.length = 0;
    return true;
  }

  #record(second: number, excess: number): void {
    const slots = this.#slots;
    const newest = slots.at(-1);
    if (newest?.second === second) {
      newest.worst = Math.max(newest.worst, excess);
      return;
    }
    slots.push({ second, worst: excess });
    while (slots[0]!.second <= second - WINDOW_S) slots.shift();
  }
}
