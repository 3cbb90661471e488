import type { StreamId } from '@topicast/contracts/stream-id';
import { type ChunkReader, LogError, type LogRecord } from '../chunk-log.js';
import type { Wake } from '../wake.js';
import { encodeRecords } from './records.js';

/** Records as the clients get them, encoded once for all. */
interface Batch {
  /** Offset of the first record. */
  readonly first: number;
  /** Offset after the last. */
  readonly next: number;
  readonly bytes: Buffer;
}

/** Counts what is read from the log. */
export interface ReadCount {
  recordsRead: number;
}

/** This much of the latest records stays, for clients that are a little behind. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const WINDOW_BATCHES = 100;

/** Offsets have gone back, so this is another topic of the same name. */
export const madeAnew = (): LogError =>
  new LogError('unknown-topic', 'the topic was deleted and created again');

export const batchOf = (records: readonly LogRecord[]): Batch => ({
  first: records[0]!.offset,
  next: records.at(-1)!.offset + 1,
  bytes: encodeRecords(records),
});

/**
 * The one live tail of a rendition on this machine, with a window of the latest records. Batches have numbers that only
 * grow. The window holds all records from its first offset on, because the tail leaves none out.
 */
export class SharedTail {
  /** Rung when there is more, and at the end. */
  readonly watchers = new Set<Wake>();
  users = 0;
  /** Why it is over, once it is. */
  problem: unknown;
  #window: Batch[] = [];
  /** Number of the first batch in the window. */
  #base = 0;
  #bytes = 0;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;

  constructor(log: ChunkReader, stream: StreamId, rendition: number, reads: ReadCount) {
    this.#running = this.#run(log, stream, rendition, reads);
  }

  /**
   * The number of the next batch for a reader that has everything below this offset; undefined if the window does not
   * reach back that far, or if nothing has been read yet.
   */
  find(offset: number): number | undefined {
    const [oldest] = this.#window;
    if (!oldest || offset < oldest.first) return undefined;
    let index = this.#window.length;
    while (index > 0 && this.#window[index - 1]!.next > offset) index -= 1;
    // At the live edge, or a little ahead of this tail: the next batch.
    return this.#base + index;
  }

  /** `gone`: it has left the window; undefined: it has not come yet. */
  batch(number: number): Batch | 'gone' | undefined {
    return number < this.#base ? 'gone' : this.#window[number - this.#base];
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(log: ChunkReader, stream: StreamId, rendition: number, reads: ReadCount): Promise<void> {
    try {
      for await (const records of log.tail(stream, rendition, { at: 'live' }, this.#ending.signal)) {
        reads.recordsRead += records.length;
        this.#push(batchOf(records));
      }
      this.problem = new LogError('closed', 'the tail was closed');
    } catch (error) {
      this.problem = error;
    }
    this.#ring();
  }

  #push(batch: Batch): void {
    const newest = this.#window.at(-1);
    if (newest && batch.first < newest.next) throw madeAnew();
    this.#window.push(batch);
    this.#bytes += batch.bytes.byteLength;
    while (this.#window.length > 1 && (this.#bytes > WINDOW_BYTES || this.#window.length > WINDOW_BATCHES)) {
      this.#bytes -= this.#window.shift()!.bytes.byteLength;
      this.#base += 1;
    }
    this.#ring();
  }

  #ring(): void {
    for (const watcher of this.watchers) watcher.ring();
  }
}
