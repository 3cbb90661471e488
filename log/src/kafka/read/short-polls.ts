import type { Node } from '../brokers/cluster.js';
import { verdictOf } from '../errors.js';
import { type FetchedPartition, NO_SESSION } from '../wire/fetch-api.js';
import { fetchRequest } from '../wire/requests.js';
import { type Follower, Followers, keyOf } from './followers.js';

/** How long a follower that joins a long poll late may wait until a short poll serves it. */
const SHORT_WAIT_MS = 15;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Followers that come while their broker's long poll is in flight would have to wait for its end. Until then, separate
 * short polls on another connection serve them. Both may bring a record; a follower takes it once.
 */
export class ShortPolls {
  readonly #node: Node;
  readonly #partitionBytes: number;
  readonly #deliver: (partition: FetchedPartition, from: number) => void;
  #followers: Followers;
  #running = false;

  constructor(
    node: Node,
    partitionBytes: number,
    deliver: (partition: FetchedPartition, from: number) => void,
  ) {
    this.#node = node;
    this.#partitionBytes = partitionBytes;
    this.#deliver = deliver;
    this.#followers = new Followers(partitionBytes);
  }

  add(follower: Follower, topicId: string): void {
    this.#followers.add(follower, topicId);
    if (!this.#running) void this.#run();
  }

  remove(follower: Follower): void {
    this.#followers.remove(follower);
  }

  /** The long poll now includes them. */
  clear(): void {
    if (!this.#followers.isEmpty) this.#followers = new Followers(this.#partitionBytes);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#followers.isEmpty) await this.#poll();
    this.#running = false;
  }

  async #poll(): Promise<void> {
    const wanted = this.#followers.wanted();
    const from = new Map(wanted.map((each) => [keyOf(each), each.offset]));
    try {
      const session = { sessionId: 0, sessionEpoch: NO_SESSION, wanted, forgotten: [] };
      const fetch = fetchRequest({ maxWaitMs: SHORT_WAIT_MS, maxBytes: MAX_BYTES, session });
      const answer = await this.#node.request('join', fetch);
      for (const each of answer.partitions) {
        if (verdictOf(each.errorCode) === 'fine') {
          this.#deliver(each, from.get(keyOf(each))!);
        } else for (const follower of this.#followers.of(each)) this.remove(follower);
      }
      if (answer.errorCode !== 0) this.clear();
    } catch {
      // The long poll will meet the same trouble, and knows what to do.
      this.clear();
    }
  }
}
