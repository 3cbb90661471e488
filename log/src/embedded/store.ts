import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { LogError } from '../chunk-log.js';
import { diskError } from './disk-errors.js';
import { syncFile } from './durable-file.js';
import { markClosed, markOpen } from './power-loss.js';
import {
  decodeHead,
  offsetOfKey,
  type RecordHead,
  recordKey,
  type TopicId,
  topicOfKey,
} from './record-format.js';

const MAX_OFFSET = 2 ** 48 - 1;
const MAX_PARTITION = 2 ** 16 - 1;

/**
 * The chunks of all topics in one LMDB environment. Writes are synchronous transactions without a flush: 0.1 to 0.2 ms
 * for a chunk, where lmdb-js's asynchronous ones resolve only after the disk has been waited for (31 ms on a disk
 * that takes 30) and leave rejections that nobody can catch when it is full. See power-loss.ts for what that costs.
 */
export class Store {
  readonly #env: RootDatabase;
  readonly #records: Database<Buffer, Buffer>;
  /** The offset after the last record that retention took, so that offsets never repeat. */
  readonly #floors: Database<number, Buffer>;

  private constructor(
    private readonly directory: string,
    private readonly folder: string,
  ) {
    this.#env = open({ path: folder, noSubdir: false, noSync: true, noMemInit: true, maxDbs: 4 });
    this.#records = this.#env.openDB('records', { encoding: 'binary', keyEncoding: 'binary' });
    this.#floors = this.#env.openDB('floors', { encoding: 'json', keyEncoding: 'binary' });
  }

  /** `discarded`: the machine went down while the folder was open, and its chunks were thrown away. */
  static async open(directory: string): Promise<{ store: Store; discarded: boolean }> {
    const folder = join(directory, 'chunks');
    const discarded = await markOpen(directory);
    if (discarded) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    try {
      return { store: new Store(directory, folder), discarded };
    } catch (cause) {
      throw new LogError('unavailable', `cannot open ${folder}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Write records one after the other from `offset` on, all or none. @throws {LogError} `full`, `unavailable` */
  append(topic: TopicId, partition: number, offset: number, records: readonly Buffer[]): void {
    this.#write(() => {
      for (const [index, record] of records.entries()) {
        this.#records.put(recordKey(topic, partition, offset + index), record);
      }
    });
  }

  /** Remove the records `from` to before `to`, which become unreadable at once. */
  remove(topic: TopicId, partition: number, from: number, to: number): void {
    this.#write(() => {
      for (let offset = from; offset < to; offset++)
        this.#records.remove(recordKey(topic, partition, offset));
      this.#floors.put(recordKey(topic, partition, 0), to);
    });
  }

  /** Remove up to `limit` records of a topic that is no more; false when nothing is left of it. */
  removeSome(topic: TopicId, limit: number): boolean {
    const range = { start: recordKey(topic, 0, 0), end: recordKey(topic + 1, 0, 0) };
    const keys = [...this.#records.getKeys({ ...range, limit })];
    const floors = keys.length < limit ? [...this.#floors.getKeys(range)] : [];
    if (keys.length + floors.length > 0) {
      this.#write(() => {
        for (const key of keys) this.#records.remove(key);
        for (const key of floors) this.#floors.remove(key);
      });
    }
    return keys.length === limit;
  }

  /** The stored bytes, a copy of their own. */
  read(topic: TopicId, partition: number, offset: number): Buffer | undefined {
    return this.#records.getBinary(recordKey(topic, partition, offset));
  }

  head(topic: TopicId, partition: number, offset: number): RecordHead | undefined {
    const stored = this.#records.getBinaryFast(recordKey(topic, partition, offset));
    return stored && decodeHead(stored);
  }

  /** First offset, and the one after the last; equal if there is no record. */
  span(topic: TopicId, partition: number): { earliest: number; next: number } {
    const low = recordKey(topic, partition, 0);
    const high = recordKey(topic, partition, MAX_OFFSET);
    const [first] = this.#records.getKeys({ start: low, end: high, limit: 1 });
    const [last] = this.#records.getKeys({ start: high, end: low, reverse: true, limit: 1 });
    const floor = this.#floors.get(low) ?? 0;
    if (!first || !last) return { earliest: floor, next: floor };
    return { earliest: offsetOfKey(first), next: offsetOfKey(last) + 1 };
  }

  /** All topics of which something is stored. */
  *storedTopics(): IterableIterator<TopicId> {
    for (let start: Buffer = recordKey(0, 0, 0); ; ) {
      const [key] = this.#records.getKeys({ start, limit: 1 });
      if (!key) return;
      const topic = topicOfKey(key);
      yield topic;
      start = recordKey(topic, MAX_PARTITION, MAX_OFFSET);
    }
  }

  async close(): Promise<void> {
    await this.#env.close();
    await syncFile(join(this.folder, 'data.mdb'));
    await markClosed(this.directory);
  }

  #write(changes: () => void): void {
    try {
      this.#env.transactionSync(changes);
    } catch (cause) {
      throw diskError(cause, this.directory);
    }
  }
}
