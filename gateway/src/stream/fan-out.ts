import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Subscriber, Subscribers } from './subscriber.js';

/**
 * Where more than one part of the time in this many would go by with writing, chunks wait for one another. From some 300
 * viewers on, that is: their last one gets a chunk of 12 KB 29 instead of 6 ms late, for three quarters of the CPU.
 */
const SHARE = 16;
/** Chunks are held back by this at most. */
const LONGEST_PAUSE = milliseconds(50);
const SMOOTHING = 0.2;

/**
 * Tells all subscribers of new chunks. A small audience at once; a large one, where a round takes a notable part of the
 * time between two frames, at intervals: each viewer then gets one or two chunks in a write, and two cost
 * hardly more than one.
 */
export class FanOut implements Subscribers {
  readonly #subscribers = new Set<Subscriber>();
  #timer: NodeJS.Timeout | undefined;
  #beganAt = milliseconds(Number.NEGATIVE_INFINITY);
  #round = milliseconds(0);

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
    const wait = this.#beganAt + pauseAfter(this.#round) - performance.now();
    if (wait <= 0) this.#tellAll();
    else this.#timer = setTimeout(() => this.#tellAll(), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tellAll(): void {
    this.#timer = undefined;
    const now = milliseconds(performance.now());
    this.#beganAt = now;
    for (const subscriber of this.#subscribers) subscriber.pump(now);
    this.#round = milliseconds(this.#round + SMOOTHING * (performance.now() - now - this.#round));
  }
}

/** From the beginning of a round that took so long to the beginning of the next. */
export const pauseAfter = (round: Milliseconds): Milliseconds =>
  milliseconds(Math.min(round * SHARE, LONGEST_PAUSE));
