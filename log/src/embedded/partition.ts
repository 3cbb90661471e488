import type { Milliseconds } from '@topicast/contracts/units';
import { type Bounds, LogError, type LogRecord, type TailStart, type TopicSettings } from '../chunk-log.js';
import { isHintedKeyframe } from '../records.js';
import type { Wake } from '../wake.js';
import { decodeRecord, encodeRecord, type NewStoredRecord, type TopicId } from './record-format.js';
import type { Store } from './store.js';

/** One reader gets at most about this much at once. */
const MAX_BATCH_BYTES = 1024 * 1024;

type Retention = Pick<TopicSettings, 'retentionMs' | 'retentionBytes'>;

/** One partition of a topic: what is known of it in memory, and the tails that wait for more. */
export class Partition {
  /** Rung when there is more to read, and when the topic is gone. */
  readonly watchers = new Set<Wake>();
  #earliest: number;
  #next: number;
  #lastTimestamp: number;
  /** Bytes ever appended; see record-format.ts. */
  #bytes: number;
  /** What was appended last: tails at the live edge take it from here, without asking the store. */
  #newest: { readonly offset: number; readonly records: readonly Buffer[] } = { offset: 0, records: [] };

  constructor(
    private readonly store: Store,
    private readonly topic: TopicId,
    private readonly index: number,
  ) {
    const { earliest, next } = store.span(topic, index);
    this.#earliest = earliest;
    this.#next = next;
    const last = next > earliest ? store.read(topic, index, next - 1) : undefined;
    const head = last && store.head(topic, index, next - 1);
    this.#lastTimestamp = head?.timestamp ?? 0;
    this.#bytes = head && last ? head.bytesBefore + last.byteLength : 0;
  }

  get bounds(): Bounds {
    return { earliest: this.#earliest, next: this.#next };
  }

  /** The offset of the first. @throws {LogError} `full`, `unavailable`, `invalid` */
  append(records: readonly NewStoredRecord[], now: Milliseconds): number {
    // Timestamps never go back, whatever the clock does: they are searched by halving.
    const timestamp = Math.max(now, this.#lastTimestamp) as Milliseconds;
    let bytes = this.#bytes;
    const encoded = records.map((record) => {
      const stored = encode(record, timestamp, bytes);
      bytes += stored.byteLength;
      return stored;
    });
    const offset = this.#next;
    this.store.append(this.topic, this.index, offset, encoded);
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

  /** Records from `offset` on, none if there are none yet. */
  read(offset: number): LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (let at = Math.max(offset, this.#earliest); at < this.#next && bytes < MAX_BATCH_BYTES; at++) {
      const stored =
        this.#newest.records[at - this.#newest.offset] ?? this.store.read(this.topic, this.index, at);
      if (!stored) throw new LogError('unavailable', `record ${at} of the embedded log cannot be read`);
      records.push(decodeRecord(at, stored));
      bytes += stored.byteLength;
    }
    return records;
  }

  /** The offset that a tail begins with. */
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

  /** Delete what is too old or too much, at most `limit` records; true if there is more to delete. */
  retain(retention: Retention, now: Milliseconds, limit: number): boolean {
    const from = this.#earliest;
    const end = Math.min(from + limit, this.#next);
    let to = from;
    while (to < end && this.#isExpired(to, retention, now)) to++;
    if (to === from) return false;
    this.store.remove(this.topic, this.index, from, to);
    this.#earliest = to;
    return to === end && to < this.#next;
  }

  #isExpired(offset: number, { retentionMs, retentionBytes }: Retention, now: Milliseconds): boolean {
    const head = this.store.head(this.topic, this.index, offset);
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
      const head = this.store.head(this.topic, this.index, middle);
      if (head && head.timestamp >= time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #newestKeyframe(): number {
    const newest = this.#header(this.#next - 1);
    if (!newest) return this.#next;
    const hinted = this.#next - 1 - newest.sinceKeyframe;
    if (hinted >= this.#earliest && isHintedKeyframe(newest, this.#header(hinted))) return hinted;
    for (let offset = this.#next - 1; offset >= this.#earliest; offset--) {
      if (this.#header(offset)?.keyframe) return offset;
    }
    return this.#next;
  }

  #header(offset: number) {
    return offset < this.#earliest ? undefined : this.store.head(this.topic, this.index, offset)?.header;
  }
}

function encode(record: NewStoredRecord, timestamp: Milliseconds, bytesBefore: number): Buffer {
  try {
    return encodeRecord(record, timestamp, bytesBefore);
  } catch (cause) {
    throw new LogError('invalid', (cause as Error).message, { cause });
  }
}
