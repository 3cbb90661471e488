import type { Place } from '../brokers/routes.js';
import type { PartitionOfTopic, Wanted } from '../wire/fetch-api.js';
import type { KafkaRecord } from '../wire/record-batch.js';

/** Follows a partition. Without a topic id, it follows the topic that has the name when it begins. */
export interface Follower extends Place {
  /** The offset wanted next. */
  readonly next: number;
  /**
   * Takes records from `next` on, in order; afterwards, `next` must be the given one. The records are shared with other
   * followers.
   */
  take(records: readonly KafkaRecord[], next: number): void;
  /** The end: the topic is gone, or cannot be read. */
  fail(error: Error): void;
}

/** What is now wanted from a partition; absent: nothing more. */
export interface Change extends PartitionOfTopic {
  readonly wanted: Wanted | undefined;
}

interface Followed extends PartitionOfTopic {
  readonly followers: Set<Follower>;
}

/** Followers by what they follow, and what has changed since the last call. */
export class Followers {
  readonly #maxBytes: number;
  readonly #partitions = new Map<string, Followed>();
  readonly #topicIds = new Map<Follower, string>();
  readonly #changed = new Set<Followed>();

  /** @param maxBytes what to fetch of a partition at once */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#topicIds.size === 0;
  }

  add(follower: Follower, topicId: string): void {
    this.#topicIds.set(follower, topicId);
    const { partition } = follower;
    const key = keyOf({ topicId, partition });
    const followed = this.#partitions.get(key) ?? { topicId, partition, followers: new Set() };
    this.#partitions.set(key, followed);
    followed.followers.add(follower);
    this.#changed.add(followed);
  }

  remove(follower: Follower): void {
    const topicId = this.#topicIds.get(follower);
    if (topicId === undefined) return;
    this.#topicIds.delete(follower);
    const key = keyOf({ topicId, partition: follower.partition });
    const followed = this.#partitions.get(key)!;
    followed.followers.delete(follower);
    this.#changed.add(followed);
    if (followed.followers.size === 0) this.#partitions.delete(key);
  }

  /** For a caller that is about to give them records: their offsets count as changed. */
  of(partition: PartitionOfTopic): Follower[] {
    const followed = this.#partitions.get(keyOf(partition));
    if (!followed) return [];
    this.#changed.add(followed);
    return [...followed.followers];
  }

  all(): Follower[] {
    return [...this.#topicIds.keys()];
  }

  /** Each partition once, from the lowest offset that anybody wants. */
  wanted(): Wanted[] {
    return [...this.#partitions.values()].map((each) => this.#wantedOf(each));
  }

  /** What may have changed since this was called last. */
  takeChanges(): Change[] {
    const changes = [...this.#changed].map((followed) => ({
      topicId: followed.topicId,
      partition: followed.partition,
      // A partition that lost its last follower and then got another one is in the map as a new entry.
      wanted: this.#wantedNow(followed),
    }));
    this.#changed.clear();
    return changes;
  }

  #wantedNow(partition: PartitionOfTopic): Wanted | undefined {
    const followed = this.#partitions.get(keyOf(partition));
    return followed && this.#wantedOf(followed);
  }

  #wantedOf({ topicId, partition, followers }: Followed): Wanted {
    let offset = Number.POSITIVE_INFINITY;
    for (const { next } of followers) offset = Math.min(offset, next);
    return { topicId, partition, offset, maxBytes: this.#maxBytes };
  }
}

export const keyOf = ({ topicId, partition }: PartitionOfTopic): string => `${topicId}/${partition}`;
