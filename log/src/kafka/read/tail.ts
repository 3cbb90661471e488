import { Wake } from '../../wake.js';
import type { Place } from '../brokers/routes.js';
import { OffsetOutOfRange } from '../errors.js';
import { retry } from '../retry.js';
import type { Decoded, KafkaRecord } from '../wire/record-batch.js';
import type { Follower } from './followers.js';
import type { Reader } from './reader.js';

/**
 * How much may wait for a tail's reader. Beyond this, the tail leaves the loop and reads pages at its reader's pace.
 */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Clamps an offset that the log no longer holds, or does not hold yet. */
type Clamp = (offset: number) => Promise<number>;

/**
 * Where a tail begins: in the topic with this id, so that a topic that is created again under its name is told apart.
 */
interface Start {
  readonly topicId: string;
  readonly offset: number;
}

/**
 * One reader of one partition. It is either behind the live edge (and reads pages, as fast as they are taken) or at it
 * (and the fetch loop pushes records). Nothing is lost in between, because the log itself is the buffer.
 */
export class Tail {
  readonly #reader: Reader;
  readonly #ending = new AbortController();

  constructor(
    reader: Reader,
    readonly topic: string,
    readonly partition: number,
  ) {
    this.#reader = reader;
  }

  /** Aborted by {@link end}, with its reason. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  end(reason?: Error): void {
    this.#ending.abort(reason);
  }

  /** Rejects with the reason when it is ended. */
  async *batches({ topicId, offset }: Start, clamp: Clamp): AsyncGenerator<readonly KafkaRecord[], never> {
    const place = { topic: this.topic, topicId, partition: this.partition };
    for (let next = offset; ; ) {
      const page = await retry(() => this.#page(place, next, clamp), { signal: this.signal });
      const moved = page.next !== next;
      next = page.next;
      if (page.records.length > 0) yield page.records;
      else if (!moved) next = yield* this.#follow(place, next);
    }
  }

  async #page(place: Place, next: number, clamp: Clamp): Promise<Decoded> {
    try {
      return await this.#reader.page(place, next);
    } catch (error) {
      if (!(error instanceof OffsetOutOfRange)) throw error;
      return { records: [], next: await clamp(next) };
    }
  }

  /** At the live edge. Returns the offset to continue from when the reader has fallen behind. */
  async *#follow(place: Place, from: number): AsyncGenerator<readonly KafkaRecord[], number> {
    const wake = new Wake();
    const ring = (): void => wake.ring();
    const live = new LiveEdge(place, from, this.#reader, ring);
    this.signal.addEventListener('abort', ring);
    this.#reader.follow(live);
    try {
      for (;;) {
        await wake.rung();
        this.signal.throwIfAborted();
        // Set the state first: a change while the reader is busy with these records rings again.
        const { state } = live;
        const waiting = live.drain();
        if (waiting.length > 0) yield waiting;
        if (state.is === 'failed') throw state.error;
        if (state.is === 'overrun') return state.from;
      }
    } finally {
      this.#reader.unfollow(live);
      this.signal.removeEventListener('abort', ring);
    }
  }
}

type LiveState =
  | { readonly is: 'following' }
  /** More records came than may wait, so it has left the loop, and must read again what follows the waiting ones. */
  | { readonly is: 'overrun'; readonly from: number }
  | { readonly is: 'failed'; readonly error: Error };

class LiveEdge implements Follower {
  readonly #reader: Reader;
  readonly #ring: () => void;
  state: LiveState = { is: 'following' };
  #waiting: KafkaRecord[] = [];
  #waitingBytes = 0;

  readonly topic: string;
  readonly topicId: string | undefined;
  readonly partition: number;

  constructor(
    place: Place,
    public next: number,
    reader: Reader,
    ring: () => void,
  ) {
    this.#reader = reader;
    this.#ring = ring;
    this.topic = place.topic;
    this.topicId = place.topicId;
    this.partition = place.partition;
  }

  take(records: readonly KafkaRecord[], next: number): void {
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.state = { is: 'overrun', from: this.next };
      this.#reader.unfollow(this);
      this.#ring();
      return;
    }
    this.next = next;
    if (records.length === 0) return;
    // Values are views of an answer that also holds other partitions' records; waiting records must not keep all of
    // those in memory.
    const isBehind = this.#waiting.length > 0;
    for (const record of records) {
      this.#waiting.push(isBehind ? { ...record, value: record.value.slice() } : record);
      this.#waitingBytes += record.value.byteLength;
    }
    this.#ring();
  }

  fail(error: Error): void {
    this.state = { is: 'failed', error };
    this.#ring();
  }

  drain(): readonly KafkaRecord[] {
    const drained = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return drained;
  }
}
