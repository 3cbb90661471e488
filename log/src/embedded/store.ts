import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, open, type RootDatabase } from 'lmdb';
import { diskError, noRoom } from './disk-errors.js';
import {
  decodeHead,
  KEY_BYTES,
  offsetOfKey,
  type RecordHead,
  recordKey,
  type TopicId,
  topicOfKey,
} from './record-format.js';
import type { Reserve } from './reserve.js';

const MAX_OFFSET = 2 ** 48 - 1;
const MAX_PARTITION = 2 ** 16 - 1;
/** No topic has this number; `probe` writes its floor. */
const NO_TOPIC: TopicId = 0;

/** The trees of the file, with the length of their keys. The number is the version of the records' layout. */
export const STORE_TREES = { 'records.2': KEY_BYTES, 'floors.2': KEY_BYTES } as const;
const [RECORDS, FLOORS] = Object.keys(STORE_TREES) as (keyof typeof STORE_TREES)[];

interface StoreOptions {
  /** Where LMDB's files are. */
  readonly folder: string;
  /** Its name in messages. */
  readonly directory: string;
  readonly reserve: Reserve;
}

/**
 * The chunks of all topics in one LMDB environment. Writes are synchronous transactions without a flush, which take 0.1
 * to 0.2 ms for a chunk. lmdb-js's asynchronous ones resolve only after a wait for the disk (31 ms on a disk that takes
 * 30), and leave rejections that nobody can catch when the disk is full. See power-loss.ts for what that costs.
 */
export class Store {
  readonly #options: StoreOptions;
  readonly #env: RootDatabase;
  readonly #records: Database<Buffer, Buffer>;
  /** The offset after the last record that retention removed, so that offsets never repeat. */
  readonly #floors: Database<Buffer, Buffer>;

  /** @throws LMDB's error if it cannot use the folder */
  constructor(options: StoreOptions) {
    this.#options = options;
    const { folder, reserve } = options;
    this.#env = open({ path: folder, noSubdir: false, noSync: true, noMemInit: true, maxDbs: 4 });
    const tree = (name: string): Database<Buffer, Buffer> =>
      reserve.lendSync(() => this.#env.openDB(name, { encoding: 'binary', keyEncoding: 'binary' }));
    this.#records = tree(RECORDS!);
    this.#floors = tree(FLOORS!);
  }

  /** Write records one after the other from `offset` on, all or none. @throws {LogError} `full`, `unavailable` */
  append(topic: TopicId, partition: number, offset: number, records: readonly Buffer[]): void {
    const { directory, reserve } = this.#options;
    if (reserve.isLent) throw noRoom(directory);
    this.#write(() => {
      for (const [index, record] of records.entries()) {
        this.#records.put(recordKey(topic, partition, offset + index), record);
      }
    });
  }

  /** Remove the records `from` to before `to`, which become unreadable at once. */
  remove(topic: TopicId, partition: number, from: number, to: number): void {
    const range = { start: recordKey(topic, partition, from), end: recordKey(topic, partition, to) };
    const keys = [...this.#records.getKeys(range)];
    this.#writeAnyway(() => {
      for (const key of keys) this.#records.remove(key);
      this.#floors.put(recordKey(topic, partition, 0), encodeFloor(to));
    });
  }

  /** Remove up to `limit` records of a deleted topic; false when none are left. */
  removeSome(topic: TopicId, limit: number): boolean {
    const range = { start: recordKey(topic, 0, 0), end: recordKey(topic + 1, 0, 0) };
    const keys = [...this.#records.getKeys({ ...range, limit })];
    const floors = keys.length < limit ? [...this.#floors.getKeys(range)] : [];
    if (keys.length + floors.length > 0) {
      this.#writeAnyway(() => {
        for (const key of keys) this.#records.remove(key);
        for (const key of floors) this.#floors.remove(key);
      });
    }
    return keys.length === limit;
  }

  /** A copy of the stored bytes. */
  read(topic: TopicId, partition: number, offset: number): Buffer | undefined {
    return this.#records.getBinary(recordKey(topic, partition, offset));
  }

  head(topic: TopicId, partition: number, offset: number): RecordHead | undefined {
    const stored = this.#records.getBinaryFast(recordKey(topic, partition, offset));
    return stored && decodeHead(stored);
  }

  /** The first offset from this one on that has a record. There are holes only if the file was damaged. */
  offsetFrom(topic: TopicId, partition: number, offset: number): number | undefined {
    const range = {
      start: recordKey(topic, partition, offset),
      end: recordKey(topic, partition, MAX_OFFSET),
    };
    const [key] = this.#records.getKeys({ ...range, limit: 1 });
    return key && offsetOfKey(key);
  }

  /** All offsets that have a record, the newest first. */
  *offsetsBackwards(topic: TopicId, partition: number): IterableIterator<number> {
    const low = recordKey(topic, partition, 0);
    const high = recordKey(topic, partition, MAX_OFFSET);
    for (const key of this.#records.getKeys({ start: high, end: low, inclusiveEnd: true, reverse: true }))
      yield offsetOfKey(key);
  }

  /** First offset, and the one after the last; equal if there is no record. */
  span(topic: TopicId, partition: number): { earliest: number; next: number } {
    const earliest = this.offsetFrom(topic, partition, 0);
    for (const last of this.offsetsBackwards(topic, partition))
      return { earliest: earliest ?? last, next: last + 1 };
    const floor = decodeFloor(this.#floors.get(recordKey(topic, partition, 0)));
    return { earliest: floor, next: floor };
  }

  /** All topics of which any records are stored. */
  *storedTopics(): IterableIterator<TopicId> {
    for (let start: Buffer = recordKey(0, 0, 0); ; ) {
      const [key] = this.#records.getKeys({ start, limit: 1 });
      if (!key) return;
      const topic = topicOfKey(key);
      yield topic;
      start = recordKey(topic, MAX_PARTITION, MAX_OFFSET);
    }
  }

  /** Write a little, as an append does. @throws {LogError} `full`, `unavailable` */
  probe(): void {
    this.#write(() => this.#floors.put(recordKey(NO_TOPIC, 0, 0), encodeFloor(0)));
  }

  async close(): Promise<void> {
    // In the same turn as a transaction, lmdb-js's close never resolves.
    await nextTurn();
    await this.#env.close();
  }

  #write(changes: () => void): void {
    try {
      this.#env.transactionSync(changes);
    } catch (cause) {
      throw diskError(cause, this.#options.directory);
    }
  }

  /** Removing records needs room too, for the pages that change. */
  #writeAnyway(changes: () => void): void {
    try {
      this.#options.reserve.lendSync(() => this.#env.transactionSync(changes));
    } catch (cause) {
      throw diskError(cause, this.#options.directory);
    }
  }
}

function encodeFloor(offset: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(offset);
  return bytes;
}

function decodeFloor(bytes: Buffer | undefined): number {
  const offset = bytes?.byteLength === 8 ? bytes.readDoubleBE() : 0;
  return Number.isInteger(offset) && offset >= 0 && offset < MAX_OFFSET ? offset : 0;
}
