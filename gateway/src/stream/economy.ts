import { milliseconds } from '@topicast/contracts/units';
import type { Subscriber, Subscribers } from './subscriber.js';

/** Each has a copy of its own of what its viewers share: more of them are rounder, and more to collect as garbage. */
const GROUPS = 4;
/** From one group's turn to the next's: each gathers for 336 ms; what is promised is 200 to 350. */
const TURN = milliseconds(84);

/**
 * Tells subscribers of new chunks some at a time. They are in groups that take turns, so that a large audience is
 * written to evenly: a thousand in one go would keep everything else waiting for some 50 ms. All of a group are at the
 * same chunk and share what is written.
 */
export class Economy implements Subscribers {
  readonly #groups = Array.from({ length: GROUPS }, () => new Set<Subscriber>());
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  /** When the last turn should have been: timers are late, but turns do not drift. */
  #dueAt = 0;
  /** Groups that have not been told of the newest chunk. */
  #behind = 0;

  get size(): number {
    return this.#groups.reduce((size, group) => size + group.size, 0);
  }

  add(subscriber: Subscriber): void {
    const smallest = this.#groups.reduce((least, group) => (group.size < least.size ? group : least));
    smallest.add(subscriber);
  }

  delete(subscriber: Subscriber): boolean {
    return this.#groups.some((group) => group.delete(subscriber));
  }

  *[Symbol.iterator](): Iterator<Subscriber> {
    for (const group of this.#groups) yield* group;
  }

  tell(): void {
    this.#behind = GROUPS;
    if (this.#timer || this.size === 0) return;
    this.#dueAt = performance.now();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#dueAt += TURN;
    this.#timer = setTimeout(() => this.#takeTurn(), Math.max(0, this.#dueAt - performance.now()));
  }

  #takeTurn(): void {
    this.#timer = undefined;
    this.#turn = (this.#turn + 1) % GROUPS;
    this.#behind -= 1;
    if (this.#behind > 0) this.#wait();
    const now = milliseconds(performance.now());
    for (const subscriber of this.#groups[this.#turn]!) subscriber.pump(now);
  }
}
