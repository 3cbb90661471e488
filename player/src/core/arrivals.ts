import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** How much later than usual chunks have arrived, over the last minute. */
export interface ArrivalEvidence {
  /** What a buffer has to cover if the worst delay was an accident: the worst of those that came more than once. */
  readonly repeating: Milliseconds;
  /** What it has to cover if the worst delay can come again. */
  readonly worst: Milliseconds;
}

/** The delays of one second: arrival minus decode time, on clocks that have nothing to do with each other. */
interface Slot {
  readonly second: number;
  latest: number;
  sum: number;
  count: number;
}

const WINDOW_S = 60;
/** Delays closer together than this have one cause. */
const ONE_EVENT_S = 2;
/** No buffer covers more: a connection that was cut says nothing about the target. */
const MOST_MS = 1_000;
/** If delays stay that long, for this long, the way has become longer for good. */
const FOR_GOOD_MS = 5_000;
/** An overload shows within this time. */
const OVERLOAD_MS = 2_000;
/** A larger step of the decode time belongs to another time line. */
const LONGEST_STEP_MS = 2_000;

export const NO_EVIDENCE: ArrivalEvidence = { repeating: Milliseconds.zero, worst: Milliseconds.zero };

/**
 * Learns from the arrivals of chunks how far they are spread. Neither the network's usual delay nor the offset of the
 * clocks matters, because everything is relative to the mean of the last minute; nor does their drift (12 ms a minute at
 * 200 ppm).
 */
export class Arrivals {
  readonly #slots: Slot[] = [];
  #last: { readonly arrival: number; readonly media: number } | undefined;
  /** Added to decode times, so that a new time line continues the old one. */
  #shift = 0;
  /** The connection was cut, or nearly. What waited comes late as a whole, and the rest less and less late. */
  #recoveringSince: number | undefined;

  /** @param media decode time of a picture, from any beginning */
  add(arrival: Milliseconds, media: Milliseconds): void {
    if (this.#last) {
      const step = media + this.#shift - this.#last.media;
      if (Math.abs(step) > LONGEST_STEP_MS) this.#shift += arrival - this.#last.arrival - step;
    }
    this.#last = { arrival, media: media + this.#shift };
    const delay = arrival - this.#last.media;
    if (!this.#isRecovering(arrival, delay)) this.#record(Math.floor(arrival / 1000), delay);
  }

  /** What came in the last seconds was late because more was sent than the network carries, and that has ended. */
  forgetOverload(now: Milliseconds): void {
    while (this.#slots.length > 0 && this.#slots.at(-1)!.second * 1000 > now - OVERLOAD_MS) this.#slots.pop();
  }

  get evidence(): ArrivalEvidence {
    const slots = this.#slots;
    if (slots.length === 0) return NO_EVIDENCE;
    const usual = this.#usual;
    const worst = slots.reduce((most, slot) => (slot.latest > most.latest ? slot : most));
    const others = slots.filter(({ second }) => Math.abs(second - worst.second) >= ONE_EVENT_S);
    const repeating = Math.max(usual, ...others.map(({ latest }) => latest));
    return { repeating: milliseconds(repeating - usual), worst: milliseconds(worst.latest - usual) };
  }

  get #usual(): number {
    const sum = this.#slots.reduce((total, slot) => total + slot.sum, 0);
    return sum / this.#slots.reduce((total, slot) => total + slot.count, 0);
  }

  #isRecovering(arrival: number, delay: number): boolean {
    if (this.#slots.length === 0) return false;
    const excess = delay - this.#usual;
    if (excess > MOST_MS) this.#recoveringSince ??= arrival;
    else if (excess <= this.evidence.repeating) this.#recoveringSince = undefined;
    if (this.#recoveringSince === undefined) return false;
    if (arrival - this.#recoveringSince < FOR_GOOD_MS) return true;
    this.#recoveringSince = undefined;
    this.#slots.length = 0;
    return false;
  }

  #record(second: number, delay: number): void {
    const slots = this.#slots;
    let slot = slots.at(-1);
    if (slot?.second !== second) {
      slot = { second, latest: delay, sum: 0, count: 0 };
      slots.push(slot);
      while (slots[0]!.second <= second - WINDOW_S) slots.shift();
    }
    slot.latest = Math.max(slot.latest, delay);
    slot.sum += delay;
    slot.count += 1;
  }
}
