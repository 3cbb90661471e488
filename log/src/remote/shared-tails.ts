import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkReader, TailStart } from '../chunk-log.js';
import { Wake } from '../wake.js';
import type { ChunkTailRequest } from './calls.js';
import { recordsFrom } from './records.js';
import { batchOf, madeAnew, type ReadCount, SharedTail } from './shared-tail.js';

/** Reads each rendition once, for however many clients want it. */
export class SharedTails implements ReadCount {
  readonly #log: ChunkReader;
  recordsRead = 0;
  readonly #tails = new Map<string, SharedTail>();

  constructor(log: ChunkReader) {
    this.#log = log;
  }

  get size(): number {
    return this.#tails.size;
  }

  /**
   * Encoded records (see records.ts) in order, each once, until the signal aborts. A reader starts in the log and reads
   * until it reaches the window of the shared tail. If it is too slow, it falls out of the window and reads from the
   * log again. So nothing but the window is kept in memory for anybody.
   * @throws {LogError} like the tails of the log
   */
  async *follow({ stream, rendition, start }: ChunkTailRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    let next: number | undefined;
    while (!signal.aborted) {
      const shared = this.#acquire(stream, rendition);
      try {
        next = yield* this.#catchUp(shared, { stream, rendition, start }, next, signal);
        if (next === undefined) return;
        next = yield* this.#goAlong(shared, next, signal);
      } finally {
        this.#release(stream, rendition, shared);
      }
    }
  }

  /**
   * Read from the log, from the start or, after an interruption, from `next` on, until the shared tail can take over.
   * Returns the next offset; undefined if this ends before.
   */
  async *#catchUp(
    shared: SharedTail,
    { stream, rendition, start }: ChunkTailRequest,
    next: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, number | undefined> {
    if (next !== undefined && shared.find(next) !== undefined) return next;
    const from: TailStart = next === undefined ? start : { at: 'offset', offset: next };
    // Ends with this generator, however that ends.
    const reading = new AbortController();
    const either = AbortSignal.any([signal, reading.signal]);
    try {
      for await (const records of this.#log.tail(stream, rendition, from, either)) {
        this.recordsRead += records.length;
        const batch = batchOf(records);
        if (next !== undefined && batch.first < next) throw madeAnew();
        yield batch.bytes;
        if (shared.problem !== undefined) throw shared.problem;
        if (shared.find(batch.next) !== undefined) return batch.next;
      }
    } finally {
      reading.abort();
    }
    return undefined;
  }

  /** Take records from the shared tail. Returns the offset to continue from when it has fallen out of the window. */
  async *#goAlong(shared: SharedTail, from: number, signal: AbortSignal): AsyncGenerator<Buffer, number> {
    const wake = new Wake();
    const ring = (): void => wake.ring();
    signal.addEventListener('abort', ring);
    shared.watchers.add(wake);
    try {
      let next = from;
      let number = shared.find(from);
      while (number !== undefined && !signal.aborted) {
        const batch = shared.batch(number);
        if (batch === 'gone') return next;
        if (batch) {
          const bytes = batch.first < next ? recordsFrom(batch.bytes, next) : batch.bytes;
          next = Math.max(next, batch.next);
          number += 1;
          if (bytes.byteLength > 0) yield bytes;
        } else if (shared.problem !== undefined) {
          throw shared.problem;
        } else {
          await wake.rung();
        }
      }
      return next;
    } finally {
      signal.removeEventListener('abort', ring);
      shared.watchers.delete(wake);
    }
  }

  /** What comes now belongs to another topic, if to any. Nobody may join the tails of the old one. */
  forget(stream: StreamId): void {
    for (const key of [...this.#tails.keys()]) if (key.startsWith(`${stream}/`)) this.#tails.delete(key);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#tails.values()].map((tail) => tail.close()));
  }

  #acquire(stream: StreamId, rendition: number): SharedTail {
    const key = `${stream}/${rendition}`;
    const open = this.#tails.get(key);
    const tail =
      open && open.problem === undefined ? open : new SharedTail(this.#log, stream, rendition, this);
    this.#tails.set(key, tail);
    tail.users += 1;
    return tail;
  }

  #release(stream: StreamId, rendition: number, tail: SharedTail): void {
    tail.users -= 1;
    if (tail.users > 0) return;
    const key = `${stream}/${rendition}`;
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
    void tail.close();
  }
}
