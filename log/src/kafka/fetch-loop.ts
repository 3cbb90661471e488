import { milliseconds } from '@topicast/contracts/units';
import type { Node } from './cluster.js';
import type { FetchedPartition } from './fetch-response.js';
import { type Follower, Followers } from './followers.js';
import { Transient, verdictOf } from './kafka-errors.js';
import type { FetchFields } from './kafkajs-private.js';
import { decodeRecords } from './record-batch.js';
import { fetchRequest } from './requests.js';

/** Why a follower leaves a loop: `moved` needs another look at who leads (if anybody), `out-of-range` at the offsets. */
export type Trouble = 'moved' | 'out-of-range';

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
  readonly #followers = new Followers();
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
    this.#followers.remove(follower);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#followers.isEmpty) await this.#fetch(this.#followers.wanted(PARTITION_BYTES));
    this.#running = false;
  }

  async #fetch(wanted: FetchFields['topics']): Promise<void> {
    try {
      const answer = await this.node.request('tail', fetchRequest(wanted, MAX_WAIT, MAX_BYTES));
      if (answer.errorCode !== 0) throw new Transient(`Kafka refuses to be read: error ${answer.errorCode}`);
      const from = offsetsOf(wanted);
      for (const partition of answer.partitions) {
        this.#handle(partition, from(partition.topic, partition.partition));
      }
    } catch {
      // The link has told why. Another broker may lead by now.
      for (const follower of this.#followers.all()) this.#release(follower, 'moved');
    }
  }

  #handle({ topic, partition, errorCode, recordSet }: FetchedPartition, from: number): void {
    const verdict = verdictOf(errorCode);
    if (verdict === 'fine' && recordSet.byteLength === 0) return;
    // Who came meanwhile and wants what is before the beginning of this fetch waits for the next.
    const followers = this.#followers.of(topic, partition).filter(({ next }) => next >= from);
    if (verdict === 'fine') this.#deliver(followers, recordSet, from);
    else for (const each of followers) this.#release(each, verdict === 'out-of-range' ? verdict : 'moved');
  }

  #deliver(followers: readonly Follower[], recordSet: Buffer, from: number): void {
    if (followers.length === 0) return;
    try {
      const { records, next } = decodeRecords(recordSet, from);
      for (const follower of followers) {
        if (next <= follower.next) continue;
        const seen = records.findIndex(({ offset }) => offset >= follower.next);
        follower.take(seen < 0 ? [] : records.slice(seen), next);
      }
    } catch (error) {
      for (const follower of followers) this.owner.fail(follower, error as Error);
    }
  }

  #release(follower: Follower, trouble: Trouble): void {
    this.remove(follower);
    this.owner.recover(follower, trouble);
  }
}

/** Looks up from where a partition was asked for. */
function offsetsOf(wanted: FetchFields['topics']): (topic: string, partition: number) => number {
  const topics = new Map(
    wanted.map(({ topic, partitions }) => [
      topic,
      new Map(partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset])),
    ]),
  );
  return (topic, partition) => topics.get(topic)?.get(partition) ?? Number.POSITIVE_INFINITY;
}
