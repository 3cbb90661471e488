import type { Node } from '../brokers/cluster.js';
import type { Health } from '../brokers/health.js';
import type { Location, Place, Routes } from '../brokers/routes.js';
import { closedLog, OffsetOutOfRange, refusal, Transient, verdictOf } from '../errors.js';
import { pause, retry } from '../retry.js';
import { NO_SESSION } from '../wire/fetch-api.js';
import { type Decoded, decodeRecords } from '../wire/record-batch.js';
import { fetchRequest } from '../wire/requests.js';
import type { Trouble } from './fetch-loop.js';
import type { Follower } from './followers.js';
import { LeaderLoops } from './leader-loops.js';
import type { Offsets } from './offsets.js';

/** A page of records behind the live edge; a larger batch comes whole (KIP-74). */
const PAGE_BYTES = 2 * 1024 * 1024;
/** A follower that moved less than this ago waits before it moves again. */
const SETTLED_MS = 500;

interface Seat {
  /** The id of the topic that it follows, once that is known. */
  topicId: string | undefined;
  loops: LeaderLoops | undefined;
  movedAt: number;
}

/**
 * Reads without a consumer group: pages at any offset, and followers of the live edge. The long polls of a broker serve
 * its followers; they move with a partition's leader, and survive when its broker is away for a while.
 */
export class Reader {
  readonly #routes: Routes;
  readonly #offsets: Offsets;
  readonly #health: Health;
  readonly #closing: AbortSignal;
  readonly #loops = new WeakMap<Node, LeaderLoops>();
  readonly #followers = new Map<Follower, Seat>();

  constructor(routes: Routes, offsets: Offsets, health: Health, closing: AbortSignal) {
    this.#routes = routes;
    this.#offsets = offsets;
    this.#health = health;
    this.#closing = closing;
  }

  /**
   * The records from an offset on, without waiting for more; at the live edge there are none. Damaged data is read a
   * second time, because the damage may have happened on the way, and is then skipped.
   * @throws {LogError} `unknown-topic`, `invalid`; {OffsetOutOfRange}, {Transient}
   */
  async page(place: Place, offset: number, maxBytes = PAGE_BYTES): Promise<Decoded> {
    for (let isSecond = false; ; isSecond = true) {
      const { records, next, damage } = await this.#page(place, offset, maxBytes);
      if (!damage || next > offset) return { records, next };
      if (!isSecond) continue;
      this.#health.damaged(place.topic, place.partition, offset, damage.reason);
      return { records: [], next: damage.after };
    }
  }

  follow(follower: Follower): void {
    this.#followers.set(follower, { topicId: follower.topicId, loops: undefined, movedAt: -SETTLED_MS });
    this.#settle(follower).catch((error: Error) => this.#fail(follower, error));
  }

  unfollow(follower: Follower): void {
    this.#followers.get(follower)?.loops?.remove(follower);
    this.#followers.delete(follower);
  }

  /** End all followers. */
  close(error = closedLog()): void {
    for (const follower of [...this.#followers.keys()]) this.#fail(follower, error);
  }

  async #page(place: Place, offset: number, maxBytes: number): Promise<Decoded> {
    const { topic, partition } = place;
    const { node, topicId } = await this.#routes.locate(place);
    const wanted = [{ topicId, partition, offset, maxBytes }];
    const session = { sessionId: 0, sessionEpoch: NO_SESSION, wanted, forgotten: [] };
    const answer = await this.#routes.ask(
      place,
      node,
      'read',
      fetchRequest({ maxWaitMs: 0, maxBytes, session }),
    );
    const [found] = answer.partitions;
    if (!found) throw new Transient(`Kafka gave no answer for "${topic}"`);
    const verdict = verdictOf(found.errorCode);
    if (verdict === 'fine') return decodeRecords(found.recordSet, offset);
    if (verdict === 'damaged') return unreadable(offset);
    if (verdict === 'out-of-range') throw new OffsetOutOfRange(`offset ${offset} is not in "${topic}"`);
    this.#routes.forget(topic);
    throw refusal(`to read "${topic}", partition ${partition}`, found.errorCode);
  }

  /** Move a follower to the loop of the broker that leads its partition, however long that takes. */
  async #settle(follower: Follower, left?: Node): Promise<void> {
    let location = await this.#locate(follower);
    const seat = this.#followers.get(follower);
    if (!seat || !location) return;
    const isRestless = performance.now() - seat.movedAt < SETTLED_MS;
    seat.movedAt = performance.now();
    if (location.node === left || (left && isRestless)) {
      await pause(this.#closing);
      location = await this.#locate(follower);
    }
    if (!location || !this.#followers.has(follower)) return;
    seat.topicId = location.topicId;
    seat.loops = this.#loopsOf(location.node);
    seat.loops.add(follower, location.topicId);
  }

  /** Undefined if it has stopped following. */
  #locate(follower: Follower): Promise<Location | undefined> {
    const { topic, partition } = follower;
    const attempt = async (): Promise<Location | undefined> => {
      const seat = this.#followers.get(follower);
      return seat && this.#routes.locate({ topic, topicId: seat.topicId, partition });
    };
    return retry(attempt, { signal: this.#closing });
  }

  #loopsOf(node: Node): LeaderLoops {
    let loops = this.#loops.get(node);
    if (!loops) {
      loops = new LeaderLoops(node, {
        recover: (follower, trouble) => void this.#recover(follower, trouble, node),
        fail: (follower, error) => this.#fail(follower, error),
        watch: (answer, watch) => this.#routes.watch(answer, watch),
      });
      this.#loops.set(node, loops);
    }
    return loops;
  }

  async #recover(follower: Follower, trouble: Trouble, left: Node): Promise<void> {
    const seat = this.#followers.get(follower);
    if (!seat) return;
    seat.loops = undefined;
    try {
      switch (trouble) {
        case 'moved':
          this.#routes.forget(follower.topic);
          return await this.#settle(follower, left);
        case 'out-of-range':
          await this.#clamp(follower);
          return await this.#settle(follower);
        case 'damaged':
          await this.#passDamage(follower, seat);
          return await this.#settle(follower);
      }
    } catch (error) {
      this.#fail(follower, error as Error);
    }
  }

  async #clamp(follower: Follower): Promise<void> {
    const { topic, partition } = follower;
    await pause(this.#closing);
    const bounds = await retry(() => this.#offsets.bounds(topic, partition), { signal: this.#closing });
    const next = Math.min(Math.max(follower.next, bounds.earliest), bounds.next);
    if (this.#followers.has(follower)) follower.take([], next);
  }

  async #passDamage(follower: Follower, { topicId }: Seat): Promise<void> {
    const { topic, partition, next } = follower;
    try {
      const place = { topic, topicId, partition };
      let page = await this.page(place, next);
      for (let from = next; page.records.length === 0 && page.next > from; ) {
        from = page.next;
        page = await this.page(place, from);
      }
      if (this.#followers.has(follower)) follower.take(page.records, page.next);
    } catch (error) {
      // Its loop will meet it again, and the damage too.
      if (!(error instanceof Transient)) throw error;
      await pause(this.#closing);
    }
  }

  #fail(follower: Follower, error: Error): void {
    if (!this.#followers.has(follower)) return;
    this.unfollow(follower);
    follower.fail(error);
  }
}

/**
 * The broker says that it cannot read what it has stored (a batch of negative length). Offset by offset, until its index
 * leads it to what lies behind: a batch or two later. Where the damaged length is possible, the broker gives nothing and
 * no error, as it does when it is throttled; where the magic is damaged, it gives an error that could mean anything.
 * Nothing is skipped then, for it might be sound.
 */
const unreadable = (offset: number): Decoded => ({
  records: [],
  next: offset,
  damage: { after: offset + 1, reason: 'its broker cannot read it' },
});
