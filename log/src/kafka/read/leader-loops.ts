import type { Node } from '../brokers/cluster.js';
import { FetchLoop, type LoopOwner } from './fetch-loop.js';
import type { Follower } from './followers.js';

/** A partition without records for this long is quiet. */
const QUIET_AFTER_MS = 3000;
const LOOK_EVERY_MS = 1000;

/** Takes care of the followers that a broker's loops cannot serve. */
type LeaderOwner = Omit<LoopOwner, 'heard' | 'turned'>;

/**
 * The long polls of one broker: one over the partitions that bring records, one over the quiet ones. A broker walks all
 * partitions of a poll whenever one of them has something, which takes some 10 ms for a thousand (a session, KIP-227,
 * saves only bytes on the wire). Followers that wait for a stream to begin must not slow down the live ones.
 */
export class LeaderLoops {
  readonly #busy: FetchLoop;
  readonly #quiet: FetchLoop;
  readonly #topicIds = new Map<Follower, string>();
  /** When the followers in the busy loop last got records. */
  readonly #heardAt = new Map<Follower, number>();
  #lookedAt = 0;

  constructor(node: Node, owner: LeaderOwner) {
    const shared: LeaderOwner = {
      recover: (follower, trouble) => {
        this.remove(follower);
        owner.recover(follower, trouble);
      },
      fail: owner.fail,
      watch: owner.watch,
    };
    this.#busy = new FetchLoop(node, 'tail', {
      ...shared,
      heard: (follower) => this.#keep(follower),
      turned: () => this.#look(),
    });
    this.#quiet = new FetchLoop(node, 'quiet', {
      ...shared,
      heard: (follower) => this.#wake(follower),
      turned: () => undefined,
    });
  }

  add(follower: Follower, topicId: string): void {
    this.#topicIds.set(follower, topicId);
    this.#heardAt.set(follower, performance.now());
    this.#busy.add(follower, topicId);
  }

  remove(follower: Follower): void {
    this.#topicIds.delete(follower);
    this.#heardAt.delete(follower);
    this.#busy.remove(follower);
    this.#quiet.remove(follower);
  }

  #keep(follower: Follower): void {
    if (!this.#topicIds.has(follower)) return;
    if (!this.#heardAt.has(follower)) this.#quiet.remove(follower);
    this.#heardAt.set(follower, performance.now());
  }

  #wake(follower: Follower): void {
    const topicId = this.#topicIds.get(follower);
    if (topicId === undefined) return;
    this.#quiet.remove(follower);
    this.add(follower, topicId);
  }

  /** Move the quiet ones to the other poll. Until that one includes them, this one serves them too. */
  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    for (const [follower, heardAt] of this.#heardAt) {
      if (now - heardAt < QUIET_AFTER_MS) continue;
      this.#heardAt.delete(follower);
      this.#quiet.addInTime(follower, this.#topicIds.get(follower)!, () => this.#busy.remove(follower));
    }
  }
}
