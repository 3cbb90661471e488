import type { Node, Purpose } from '../brokers/cluster.js';
import type { Watch } from '../brokers/routes.js';
import { Transient, verdictOf } from '../errors.js';
import type { FetchedPartition } from '../wire/fetch-api.js';
import { decodeRecords } from '../wire/record-batch.js';
import { fetchRequest } from '../wire/requests.js';
import { FetchSession } from './fetch-session.js';
import { type Follower, Followers } from './followers.js';
import { ShortPolls } from './short-polls.js';

/**
 * Why a follower leaves a loop: after `moved` look at the leader again (if there is one), after `out-of-range` at the
 * offsets, after `damaged` at the next batch.
 */
export type Trouble = 'moved' | 'out-of-range' | 'damaged';

/** Takes care of the followers that a loop cannot serve. */
export interface LoopOwner {
  recover(follower: Follower, trouble: Trouble): void;
  fail(follower: Follower, error: Error): void;
  /** It has got records. */
  heard(follower: Follower): void;
  /** A poll has ended. */
  turned(): void;
  /** Await an answer, and check with others while it is late. */
  watch<T>(answer: Promise<T>, watch: Watch<Follower>): Promise<T>;
}

/**
 * This may be long, because new records end the wait at once, and {@link ShortPolls} serves followers that join in the
 * meantime.
 */
const MAX_WAIT_MS = 500;
/** A broker whose answer is overdue by this much may hang. */
const GRACE_MS = 500;
const MAX_BYTES = 16 * 1024 * 1024;
/** A larger batch still comes whole (KIP-74), so nothing can block a partition. */
const PARTITION_BYTES = 1024 * 1024;
/** The broker has forgotten our session, or thinks it elsewhere: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR. */
const SESSION_IS_LOST: ReadonlySet<number> = new Set([70, 71, 106]);

/**
 * A long poll of one broker: one Fetch after the other, over all partitions that it has been given. Ends by itself when
 * it has none.
 */
export class FetchLoop {
  readonly #node: Node;
  readonly #purpose: Purpose;
  readonly #owner: LoopOwner;
  readonly #followers = new Followers(PARTITION_BYTES);
  readonly #session = new FetchSession();
  readonly #shortPolls: ShortPolls;
  /** Called when the long poll includes them. */
  #joining = new Map<Follower, () => void>();
  #running = false;

  constructor(node: Node, purpose: Purpose, owner: LoopOwner) {
    this.#node = node;
    this.#purpose = purpose;
    this.#owner = owner;
    this.#shortPolls = new ShortPolls(node, PARTITION_BYTES, (partition, from) =>
      this.#deliver(partition, from),
    );
  }

  /** Serve it at once. */
  add(follower: Follower, topicId: string): void {
    const isUnderWay = this.#running;
    this.#enter(follower, topicId);
    if (!isUnderWay) return;
    const from = this.#session.askedFrom({ topicId, partition: follower.partition });
    if (from === undefined || from > follower.next) this.#shortPolls.add(follower, topicId);
  }

  /** Serve it from the next fetch on; `taken` is called when that begins. */
  addInTime(follower: Follower, topicId: string, taken: () => void): void {
    this.#joining.set(follower, taken);
    this.#enter(follower, topicId);
  }

  remove(follower: Follower): void {
    this.#followers.remove(follower);
    this.#joining.delete(follower);
    this.#shortPolls.remove(follower);
  }

  #enter(follower: Follower, topicId: string): void {
    this.#followers.add(follower, topicId);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#followers.isEmpty) {
      await this.#fetch();
      this.#owner.turned();
    }
    this.#running = false;
  }

  async #fetch(): Promise<void> {
    const session = this.#session.next(this.#followers.takeChanges(), () => this.#followers.wanted());
    this.#shortPolls.clear();
    const joined = this.#joining;
    this.#joining = new Map();
    try {
      const fetch = fetchRequest({ maxWaitMs: MAX_WAIT_MS, maxBytes: MAX_BYTES, session });
      const answering = this.#node.request(this.#purpose, fetch);
      for (const taken of joined.values()) taken();
      const answer = await this.#owner.watch(answering, {
        node: this.#node,
        lateAfterMs: MAX_WAIT_MS + GRACE_MS,
        places: () => this.#followers.all(),
        moved: (gone) => this.#leave(gone),
      });
      if (SESSION_IS_LOST.has(answer.errorCode)) return this.#session.lost();
      if (answer.errorCode !== 0) throw new Transient(`Kafka refuses a fetch: error ${answer.errorCode}`);
      this.#session.answered(answer.sessionId);
      for (const partition of answer.partitions) this.#handle(partition);
    } catch {
      // The link has reported why. Another broker may lead by now.
      this.#session.lost();
      for (const follower of this.#followers.all()) this.#release(follower, 'moved');
    }
  }

  /** The broker hangs, and other brokers lead these partitions by now. */
  #leave(gone: readonly Follower[]): void {
    for (const follower of gone) this.#release(follower, 'moved');
    if (this.#followers.isEmpty) this.#node.abandon(this.#purpose);
  }

  #handle(fetched: FetchedPartition): void {
    const verdict = verdictOf(fetched.errorCode);
    const from = this.#session.askedFrom(fetched);
    if (from === undefined) return;
    if (verdict === 'fine') this.#deliver(fetched, from);
    else {
      const trouble = verdict === 'out-of-range' || verdict === 'damaged' ? verdict : 'moved';
      for (const each of this.#followers.of(fetched)) this.#release(each, trouble);
    }
  }

  #deliver(fetched: FetchedPartition, from: number): void {
    if (fetched.recordSet.byteLength === 0) return;
    // A follower that came in the meantime and wants records from before this fetch waits for the next one.
    const followers = this.#followers.of(fetched).filter(({ next }) => next >= from);
    if (followers.length === 0) return;
    try {
      const { records, next, damage } = decodeRecords(fetched.recordSet, from);
      for (const follower of followers) {
        if (next > follower.next) {
          const seen = records.findIndex(({ offset }) => offset >= follower.next);
          follower.take(seen < 0 ? [] : seen === 0 ? records : records.slice(seen), next);
          this.#owner.heard(follower);
        }
        if (damage && follower.next === next) this.#release(follower, 'damaged');
      }
    } catch (error) {
      for (const follower of followers) this.#owner.fail(follower, error as Error);
    }
  }

  #release(follower: Follower, trouble: Trouble): void {
    this.remove(follower);
    this.#owner.recover(follower, trouble);
  }
}
