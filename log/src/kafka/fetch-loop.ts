import { milliseconds } from '@topicast/contracts/units';
import type { Node } from './cluster.js';
import { Transient, verdictOf } from './kafka-errors.js';
import type { FetchFields } from './kafkajs-private.js';
import { decodeRecords, type KafkaRecord } from './record-batch.js';
import { fetchRequest } from './requests.js';

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

/** Why followers leave a loop: `unknown` and `moved` need another look at who leads, `out-of-range` other offsets. */
export type Trouble = 'unknown' | 'moved' | 'out-of-range';

/** Who looks after the followers that a loop cannot serve. */
export interface LoopOwner {
  recover(follower: Follower, trouble: Trouble): void;
  fail(follower: Follower, error: Error): void;
}

/** New records end the wait at once; a follower that joins waits for at most this long. */
const MAX_WAIT = milliseconds(100);
const MAX_BYTES = 16 * 1024 * 1024;
/** A batch that is larger comes whole all the same (KIP-74), so nothing can block a partition. */
const PARTITION_BYTES = 1024 * 1024;

/**
 * The long poll of one broker: one Fetch after the other, over all partitions of it that somebody follows. Ends by
 * itself when nobody does.
 */
export class FetchLoop {
  readonly #followers = new Set<Follower>();
  #running = false;

  constructor(
    private readonly node: Node,
    private readonly owner: LoopOwner,
  ) {}

  add(follower: Follower): void {
    this.#followers.add(follower);
    if (!this.#running) void this.#run();
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#followers.size > 0) await this.#fetch();
    this.#running = false;
  }

  async #fetch(): Promise<void> {
    const wanted = new Wanted(this.#followers);
    try {
      const answer = await this.node.request('tail', fetchRequest(wanted.topics(), MAX_WAIT, MAX_BYTES));
      if (answer.errorCode !== 0) throw new Transient(`Kafka refuses to be read: error ${answer.errorCode}`);
      for (const { topic, partition, errorCode, recordSet } of answer.partitions) {
        const followers = this.#ready(topic, partition, wanted.offset(topic, partition));
        const verdict = verdictOf(errorCode);
        if (verdict === 'fine') this.#deliver(followers, recordSet, wanted.offset(topic, partition));
        else
          this.#release(followers, verdict === 'unknown' || verdict === 'out-of-range' ? verdict : 'moved');
      }
    } catch {
      // The link has said why. Another broker may lead by now.
      this.#release([...this.#followers], 'moved');
    }
  }

  /** Followers that came, or were clamped, to before where the fetch began must wait for the next one. */
  #ready(topic: string, partition: number, from: number): Follower[] {
    return [...this.#followers].filter(
      (each) => each.partition === partition && each.topic === topic && each.next >= from,
    );
  }

  #deliver(followers: readonly Follower[], recordSet: Buffer, from: number): void {
    if (recordSet.byteLength === 0 || followers.length === 0) return;
    try {
      const { records, next } = decodeRecords(recordSet, from);
      for (const follower of followers) {
        if (next <= follower.next) continue;
        const unseen =
          records[0]?.offset === follower.next ? records : records.filter((r) => r.offset >= follower.next);
        follower.take(unseen, next);
      }
    } catch (error) {
      for (const follower of followers) this.owner.fail(follower, error as Error);
    }
  }

  #release(followers: readonly Follower[], trouble: Trouble): void {
    for (const follower of followers) {
      this.remove(follower);
      this.owner.recover(follower, trouble);
    }
  }
}

/** From where each partition is to be read: the lowest offset that a follower of it wants. */
class Wanted {
  readonly #offsets = new Map<string, Map<number, number>>();

  constructor(followers: Iterable<Follower>) {
    for (const { topic, partition, next } of followers) {
      const partitions = this.#offsets.get(topic) ?? new Map<number, number>();
      this.#offsets.set(topic, partitions);
      partitions.set(partition, Math.min(next, partitions.get(partition) ?? next));
    }
  }

  offset(topic: string, partition: number): number {
    return this.#offsets.get(topic)?.get(partition) ?? Number.POSITIVE_INFINITY;
  }

  topics(): FetchFields['topics'] {
    return [...this.#offsets].map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions].map(([partition, fetchOffset]) => ({
        partition,
        fetchOffset,
        maxBytes: PARTITION_BYTES,
      })),
    }));
  }
}
