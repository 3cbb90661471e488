import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { RtpPacket } from './packet.js';
import { Unwrap } from './unwrap.js';

/** Between the oldest one that is waited for and the newest; more than half a second of 4K. */
const MAX_WAITING = 2_048;
/** Beyond this, nobody waits for what is missing: the sender has begun anew, or the network was away. */
const MAX_STEP = 1_000;
/** Packets that overtake each other are a few milliseconds apart. */
const ASK_AFTER = milliseconds(10);
/** The next time, the answer has had time for a long way. */
const ASK_AGAIN_AFTER = milliseconds(80);
const MOST_ASKED_AT_ONCE = 128;

export type Arrival =
  | { readonly kind: 'packet'; readonly packet: RtpPacket }
  /** What was between the packets before and after this does not come any more. */
  | { readonly kind: 'gap' };

interface Missing {
  since: Milliseconds;
  askedAt: Milliseconds;
}

/** Puts the packets of one source in order, and waits a while for those that are missing. */
export class Reorder {
  readonly #patience: Milliseconds;
  readonly #numbers = new Unwrap(16);
  readonly #waiting = new Map<number, RtpPacket>();
  readonly #missing = new Map<number, Missing>();
  /** The first one that has not been given out. */
  #next: number | undefined;
  #highest = Number.NEGATIVE_INFINITY;
  #hasRestarted = false;

  /** @param patience how long a missing packet is waited for */
  constructor(patience: Milliseconds) {
    this.#patience = patience;
  }

  push(packet: RtpPacket, now: Milliseconds): void {
    const number = this.#numbers.next(packet.sequence);
    if (this.#next === undefined || number > this.#highest + MAX_STEP) {
      this.#hasRestarted = this.#next !== undefined;
      this.#waiting.clear();
      this.#missing.clear();
      this.#next = number;
      this.#highest = number - 1;
    }
    // Late, or repeated.
    if (number < this.#next || this.#waiting.has(number)) return;
    for (let between = this.#highest + 1; between < number; between++) {
      this.#missing.set(between, { since: now, askedAt: Milliseconds.never });
    }
    this.#highest = Math.max(this.#highest, number);
    this.#missing.delete(number);
    this.#waiting.set(number, packet);
  }

  /** What can be read now. */
  take(now: Milliseconds): Arrival[] {
    const arrivals: Arrival[] = this.#hasRestarted ? [{ kind: 'gap' }] : [];
    this.#hasRestarted = false;
    while (this.#next !== undefined && this.#next <= this.#highest) {
      const packet = this.#waiting.get(this.#next);
      if (packet) arrivals.push({ kind: 'packet', packet });
      else if (!this.#isGivenUp(this.#next, now)) break;
      else if (arrivals.at(-1)?.kind !== 'gap') arrivals.push({ kind: 'gap' });
      this.#waiting.delete(this.#next);
      this.#missing.delete(this.#next);
      this.#next++;
    }
    return arrivals;
  }

  /** Sequence numbers that the sender is to be asked for now. */
  askFor(now: Milliseconds): number[] {
    const asked: number[] = [];
    for (const [number, missing] of this.#missing) {
      const isDue =
        Milliseconds.sub(now, missing.since) >= ASK_AFTER &&
        Milliseconds.sub(now, missing.askedAt) >= ASK_AGAIN_AFTER;
      if (!isDue) continue;
      if (asked.length >= MOST_ASKED_AT_ONCE) break;
      missing.askedAt = now;
      asked.push(number % 65_536);
    }
    return asked;
  }

  /** For so long, we did not read what came, so nothing is given up for it. */
  forgive(stood: Milliseconds): void {
    for (const missing of this.#missing.values()) missing.since = Milliseconds.add(missing.since, stood);
  }

  #isGivenUp(number: number, now: Milliseconds): boolean {
    const since = this.#missing.get(number)?.since ?? now;
    return Milliseconds.sub(now, since) >= this.#patience || this.#highest - number > MAX_WAITING;
  }
}
