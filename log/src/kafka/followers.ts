import type { FetchFields } from './kafkajs-private.js';
import type { KafkaRecord } from './record-batch.js';

/** Somebody who follows a partition. */
export interface Follower {
  readonly topic: string;
  readonly partition: number;
  /** The offset wanted next. */
  readonly next: number;
  /** Records from `next` on, in order; then `next` must be the one given. Shared with the other followers. */
  take(records: readonly KafkaRecord[], next: number): void;
  /** The end: the topic is gone, or cannot be read. */
  fail(error: Error): void;
}

/** Followers, by what they follow. */
export class Followers {
  readonly #topics = new Map<string, Map<number, Set<Follower>>>();

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  add(follower: Follower): void {
    const partitions = this.#topics.get(follower.topic) ?? new Map<number, Set<Follower>>();
    this.#topics.set(follower.topic, partitions);
    const followers = partitions.get(follower.partition) ?? new Set();
    partitions.set(follower.partition, followers);
    followers.add(follower);
  }

  remove(follower: Follower): void {
    const partitions = this.#topics.get(follower.topic);
    const followers = partitions?.get(follower.partition);
    followers?.delete(follower);
    if (followers?.size === 0) partitions?.delete(follower.partition);
    if (partitions?.size === 0) this.#topics.delete(follower.topic);
  }

  of(topic: string, partition: number): Follower[] {
    return [...(this.#topics.get(topic)?.get(partition) ?? [])];
  }

  all(): Follower[] {
    return [...this.#topics.values()].flatMap((partitions) =>
      [...partitions.values()].flatMap((each) => [...each]),
    );
  }

  /** What to fetch for all of them: each partition once, from the lowest offset that is wanted of it. */
  wanted(maxBytes: number): FetchFields['topics'] {
    return [...this.#topics].map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions].map(([partition, followers]) => ({
        partition,
        fetchOffset: Math.min(...[...followers].map(({ next }) => next)),
        maxBytes,
      })),
    }));
  }
}
