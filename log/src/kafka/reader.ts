import { milliseconds } from '@topicast/contracts/units';

import type { Node } from './cluster.js';
import { FetchLoop, type Trouble } from './fetch-loop.js';
import type { Follower } from './followers.js';
import { closedLog, OffsetOutOfRange, refusal, Transient, verdictOf } from './kafka-errors.js';
import type { Offsets } from './offsets.js';
import { pause, persist } from './persist.js';
import { type Decoded, decodeRecords } from './record-batch.js';
import { fetchRequest } from './requests.js';
import type { Routes } from './routes.js';

/** A page of what lies behind the live edge; a larger batch comes whole (KIP-74). */
const PAGE_BYTES = 2 * 1024 * 1024;

/**
 * Reading without a consumer group: pages at any offset, and followers of the live edge, who are served by one loop a
 * broker and are carried along when a partition's leader moves or its broker is away for a while.
 */
export class Reader {
  readonly #loops = new WeakMap<Node, FetchLoop>();
  readonly #followers = new Map<Follower, { loop: FetchLoop | undefined }>();

  constructor(
    private readonly routes: Routes,
    private readonly offsets: Offsets,
    private readonly closing: AbortSignal,
  ) {}

  /**
   * What is there from an offset on, without waiting for more: at the live edge nothing.
   * @throws {LogError} `unknown-topic`, `invalid`; {OffsetOutOfRange}, {Transient}
   */
  async page(topic: string, partition: number, offset: number, maxBytes = PAGE_BYTES): Promise<Decoded> {
    const leader = await this.routes.leader(topic, partition);
    const partitions = [{ partition, fetchOffset: offset, maxBytes }];
    const answer = await leader
      .request('read', fetchRequest([{ topic, partitions }], milliseconds(0), maxBytes))
      .catch((error: unknown) => {
        this.routes.forget(topic);
        throw error;
      });
    const [found] = answer.partitions;
    if (!found) throw new Transient(`Kafka gave no answer for "${topic}"`);
    const verdict = verdictOf(found.errorCode);
    if (verdict === 'fine') return decodeRecords(found.recordSet, offset);
    if (verdict === 'out-of-range') throw new OffsetOutOfRange(`offset ${offset} is not in "${topic}"`);
    this.routes.forget(topic);
    throw refusal(`to read "${topic}", partition ${partition}`, found.errorCode);
  }

  follow(follower: Follower): void {
    this.#followers.set(follower, { loop: undefined });
    void this.#place(follower);
  }

  unfollow(follower: Follower): void {
    this.#followers.get(follower)?.loop?.remove(follower);
    this.#followers.delete(follower);
  }

  /** End all followers. */
  close(error = closedLog()): void {
    for (const follower of [...this.#followers.keys()]) this.#fail(follower, error);
  }

  /** Bring a follower to the loop of the broker that leads its partition, however long that takes. */
  async #place(follower: Follower): Promise<void> {
    try {
      const leader = await persist(() => this.routes.leader(follower.topic, follower.partition), {
        signal: this.closing,
      });
      const place = this.#followers.get(follower);
      if (!place) return;
      place.loop = this.#loopOf(leader);
      place.loop.add(follower);
    } catch (error) {
      this.#fail(follower, error as Error);
    }
  }

  #loopOf(node: Node): FetchLoop {
    let loop = this.#loops.get(node);
    if (!loop) {
      loop = new FetchLoop(node, {
        recover: (follower, trouble) => void this.#recover(follower, trouble),
        fail: (follower, error) => this.#fail(follower, error),
      });
      this.#loops.set(node, loop);
    }
    return loop;
  }

  async #recover(follower: Follower, trouble: Trouble): Promise<void> {
    const place = this.#followers.get(follower);
    if (!place) return;
    place.loop = undefined;
    const { topic, partition } = follower;
    this.routes.forget(topic);
    try {
      await pause(this.closing);
      if (trouble === 'out-of-range') {
        const bounds = await persist(() => this.offsets.bounds(topic, partition), { signal: this.closing });
        const next = Math.min(Math.max(follower.next, bounds.earliest), bounds.next);
        if (this.#followers.has(follower)) follower.take([], next);
      }
      if (this.#followers.has(follower)) await this.#place(follower);
    } catch (error) {
      this.#fail(follower, error as Error);
    }
  }

  #fail(follower: Follower, error: Error): void {
    if (!this.#followers.has(follower)) return;
    this.unfollow(follower);
    follower.fail(error);
  }
}
