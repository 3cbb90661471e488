import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Subscriber, Subscribers } from './subscriber.js';

/** Each group has its own copy of what its viewers share: more groups spread the work better, but make more garbage. */
const GROUPS = 4;
/** From one group's turn to the next's: each gathers for 336 ms; what is promised is 200 to 350. */
const TURN = milliseconds(84);

/**
 * Tells subscribers about several new chunks at a time. The subscribers form groups that take turns, so that writes to
 * a large audience are spread evenly: a thousand at once would delay everything else by some 50 ms. All members of a
 * group are at the same chunk and share what is written.
 */
export class Economy implements Subscribers {
  readonly #groups = Array.from({ length: GROUPS }, () => new Set<Subscriber>());
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  /** When the last turn should have been: timers are late, but turns do not drift. */
  #dueAt = 0;
  /** Groups that do not know about the newest chunk yet. */
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
    const now = Milliseconds.now();
    for (const subscriber of this.#groups[this.#turn]!) subscriber.pump(now);
  }
}
