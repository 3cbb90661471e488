import { Milliseconds } from '@topicast/contracts/units';
import { type Bounds, LogError, type LogRecord, type TailStart, type TopicSettings } from '../chunk-log.js';
import { isHintedKeyframe } from '../records.js';
import type { Wake } from '../wake.js';
import {
  decodeRecord,
  encodeRecord,
  isSound,
  type NewStoredRecord,
  type RecordHead,
  type TopicId,
} from './record-format.js';
import type { Store } from './store.js';

/** A reader gets at most about this much at once. */
const MAX_BATCH_BYTES = 1024 * 1024;

type Retention = Pick<TopicSettings, 'retentionMs' | 'retentionBytes'>;

/** One partition of a topic: what we know about it in memory, and the tails that wait for more. */
export class Partition {
  readonly #store: Store;
  readonly #topic: TopicId;
  readonly #index: number;
  /** Called for each record that is left out of an answer because it is damaged. */
  readonly #onDamaged: () => void;
  /** Rung when there is more to read, and when the topic is gone. */
  readonly watchers = new Set<Wake>();
  #earliest: number;
  #next: number;
  #lastTimestamp: Milliseconds;
  /** Bytes ever appended; see record-format.ts. */
  #bytes: number;
  /** The latest records: tails at the live edge take them from here, without asking the store. */
  #newest: { readonly offset: number; readonly records: readonly Buffer[] } = { offset: 0, records: [] };

  constructor(store: Store, topic: TopicId, index: number, onDamaged: () => void) {
    this.#store = store;
    this.#topic = topic;
    this.#index = index;
    this.#onDamaged = onDamaged;
    const { earliest, next } = store.span(topic, index);
    this.#earliest = earliest;
    this.#next = next;
    const last = this.#lastHead();
    this.#lastTimestamp = last.timestamp;
    this.#bytes = last.bytes;
  }

  get bounds(): Bounds {
    return { earliest: this.#earliest, next: this.#next };
  }

  /** Bytes that are stored, and how old they are. */
  get held(): { readonly bytes: number; readonly since: number } {
    const first = this.#headFrom(this.#earliest);
    return first
      ? { bytes: this.#bytes - first.bytesBefore, since: first.timestamp }
      : { bytes: 0, since: Number.POSITIVE_INFINITY };
  }

  /** The offset of the first. @throws {LogError} `full`, `unavailable`, `invalid` */
  append(records: readonly NewStoredRecord[], now: Milliseconds): number {
    // Timestamps never go back, whatever the clock does, because the search for a time halves the range.
    const timestamp = Milliseconds.max(now, this.#lastTimestamp);
    let bytes = this.#bytes;
    const encoded = records.map((record) => {
      const stored = encode(record, timestamp, bytes);
      bytes += stored.byteLength;
      return stored;
    });
    const offset = this.#next;
    this.#store.append(this.#topic, this.#index, offset, encoded);
    this.#next = offset + encoded.length;
    this.#newest = { offset, records: encoded };
    this.#bytes = bytes;
    this.#lastTimestamp = timestamp;
    this.wake();
    return offset;
  }

  wake(): void {
    for (const watcher of this.watchers) watcher.ring();
  }

  /** The records from `offset` on (none if there are none yet), and where to continue. Damaged records are left out. */
  read(offset: number): { readonly records: LogRecord[]; readonly next: number } {
    const records: LogRecord[] = [];
    let at = Math.max(offset, this.#earliest);
    for (let bytes = 0; at < this.#next && bytes < MAX_BATCH_BYTES; ) {
      const fresh = this.#newest.records[at - this.#newest.offset];
      const stored = fresh ?? this.#store.read(this.#topic, this.#index, at);
      if (stored && (fresh || isSound(stored))) records.push(decodeRecord(at, stored));
      else this.#onDamaged();
      bytes += stored?.byteLength ?? 0;
      at = stored ? at + 1 : this.#offsetFrom(at);
    }
    return { records, next: at };
  }

  /** The offset at which a tail begins. */
  startOf(start: TailStart): number {
    switch (start.at) {
      case 'earliest':
        return this.#earliest;
      case 'live':
        return this.#next;
      case 'offset':
        return Math.min(Math.max(start.offset, this.#earliest), this.#next);
      case 'time':
        return this.#firstSince(start.time);
      case 'keyframe':
        return this.#newestKeyframe();
    }
  }

  /** Delete records that are too old or too many, at most `limit` of them; true if there are more to delete. */
  retain(retention: Retention, now: Milliseconds, limit: number): boolean {
    const from = this.#earliest;
    const end = Math.min(from + limit, this.#next);
    let to = from;
    while (to < end && this.#isExpired(to, retention, now)) to++;
    if (to === from) return false;
    this.#remove(to);
    return to === end && to < this.#next;
  }

  /** Delete the oldest records, whatever their age. */
  removeOldest(limit: number): void {
    this.#remove(Math.min(this.#earliest + limit, this.#next));
  }

  #remove(to: number): void {
    // If the file was damaged, there may be no record for a long way.
    const earliest = to < this.#next ? this.#offsetFrom(to) : to;
    this.#store.remove(this.#topic, this.#index, this.#earliest, earliest);
    this.#earliest = earliest;
  }

  #isExpired(offset: number, { retentionMs, retentionBytes }: Retention, now: Milliseconds): boolean {
    const head = this.#store.head(this.#topic, this.#index, offset);
    if (!head) return true;
    const tooOld = head.timestamp < now - retentionMs;
    const tooMuch = retentionBytes !== undefined && this.#bytes - head.bytesBefore > retentionBytes;
    return tooOld || tooMuch;
  }

  #firstSince(time: Milliseconds): number {
    let low = this.#earliest;
    let high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const head = this.#headFrom(middle);
      if (!head || head.timestamp >= time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #newestKeyframe(): number {
    const newest = this.#header(this.#next - 1);
    const hinted = newest && this.#next - 1 - newest.sinceKeyframe;
    if (hinted !== undefined && hinted >= this.#earliest && isHintedKeyframe(newest!, this.#header(hinted)))
      return hinted;
    for (const offset of this.#store.offsetsBackwards(this.#topic, this.#index)) {
      if (this.#header(offset)?.keyframe) return offset;
    }
    return this.#next;
  }

  #header(offset: number) {
    return offset < this.#earliest ? undefined : this.#store.head(this.#topic, this.#index, offset)?.header;
  }

  /** The first intact head from `offset` on. */
  #headFrom(offset: number): RecordHead | undefined {
    for (let at = offset; at < this.#next; ) {
      const head = this.#store.head(this.#topic, this.#index, at);
      if (head) return head;
      at = this.#offsetFrom(at + 1);
    }
    return undefined;
  }

  /** What the last intact record says, and the bytes of the records after it. */
  #lastHead(): { timestamp: Milliseconds; bytes: number } {
    let bytes = 0;
    for (const offset of this.#store.offsetsBackwards(this.#topic, this.#index)) {
      bytes += this.#store.read(this.#topic, this.#index, offset)?.byteLength ?? 0;
      const head = this.#store.head(this.#topic, this.#index, offset);
      if (head) return { timestamp: head.timestamp, bytes: head.bytesBefore + bytes };
    }
    return { timestamp: Milliseconds.zero, bytes };
  }

  #offsetFrom(offset: number): number {
    return this.#store.offsetFrom(this.#topic, this.#index, offset) ?? this.#next;
  }
}

function encode(record: NewStoredRecord, timestamp: Milliseconds, bytesBefore: number): Buffer {
  try {
    return encodeRecord(record, timestamp, bytesBefore);
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}
