import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Subscriber, Subscribers } from './subscriber.js';

/**
 * If writing takes more than one part in this many of the time, chunks wait for one another. This happens from some 300
 * viewers on: the last viewer then gets a chunk of 12 KB after 29 instead of 6 ms, for three quarters of the CPU.
 */
const SHARE = 16;
/** The longest time that a chunk waits. */
const LONGEST_PAUSE = milliseconds(50);
const SMOOTHING = 0.2;

/**
 * Tells all subscribers about new chunks: a small audience at once, a large one at intervals. An audience is large if a
 * round takes a notable part of the time between two frames. Each viewer then gets one or two chunks per write, and two
 * cost hardly more than one.
 */
export class FanOut implements Subscribers {
  readonly #subscribers = new Set<Subscriber>();
  #timer: NodeJS.Timeout | undefined;
  #beganAt = Milliseconds.never;
  #round = Milliseconds.zero;

  get size(): number {
    return this.#subscribers.size;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  delete(subscriber: Subscriber): boolean {
    return this.#subscribers.delete(subscriber);
  }

  [Symbol.iterator](): Iterator<Subscriber> {
    return this.#subscribers.values();
  }

  tell(): void {
    if (this.#timer || this.#subscribers.size === 0) return;
    const wait = this.#beganAt + pauseBetweenRounds(this.#round) - performance.now();
    if (wait <= 0) this.#tellAll();
    else this.#timer = setTimeout(() => this.#tellAll(), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tellAll(): void {
    this.#timer = undefined;
    const now = Milliseconds.now();
    this.#beganAt = now;
    for (const subscriber of this.#subscribers) subscriber.pump(now);
    const change = Milliseconds.sub(Milliseconds.sub(Milliseconds.now(), now), this.#round);
    this.#round = Milliseconds.add(this.#round, Milliseconds.scale(change, SMOOTHING));
  }
}

/** From the beginning of a round that took this long to the beginning of the next one. */
export const pauseBetweenRounds = (round: Milliseconds): Milliseconds =>
  Milliseconds.min(Milliseconds.scale(round, SHARE), LONGEST_PAUSE);
