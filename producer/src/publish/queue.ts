import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { ticks90k, ticksToMs } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';

export interface QueueLimits {
  readonly bytes: number;
  /** Between the first and the last record. */
  readonly spanMs: number;
}

/** What one append takes at most; brokers refuse more than a megabyte at once. */
export const BATCH_BYTES = 768_000;

/**
 * A bounded queue of records on their way to the log. When it is full, the oldest records are dropped, a whole GOP at a
 * time. So the rest begins at a keyframe, and is as fresh as possible when the log comes back.
 */
export class RecordQueue {
  readonly #limits: QueueLimits;
  #records: NewRecord[] = [];
  #bytes = 0;
  /** Everything up to the next keyframe is useless, because what it builds on was dropped. */
  #awaitingKeyframe = false;
  #gap = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#records.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns how many records were dropped to make room, including this one. */
  push(record: NewRecord): NewRecord[] {
    if (this.#awaitingKeyframe && !record.header.keyframe) return [record];
    this.#awaitingKeyframe = false;
    this.#append(this.#gap ? marked(record) : record);
    this.#gap = false;
    const dropped: NewRecord[] = [];
    while (this.#records.length > 0 && this.#isOver()) dropped.push(...this.#dropOldestGop());
    return dropped;
  }

  /** Take the next records for one append; at least one if there is any. */
  takeBatch(): NewRecord[] {
    let size = 0;
    let count = 0;
    for (const { value } of this.#records) {
      size += value.byteLength;
      if (count > 0 && size > BATCH_BYTES) break;
      count++;
    }
    return this.#removeFirst(count);
  }

  /** Everything that is left. */
  clear(): NewRecord[] {
    return this.#removeFirst(this.#records.length);
  }

  /** Records were lost before the queue: drop the records that build on them. */
  skipToKeyframe(): NewRecord[] {
    return this.#records[0]?.header.keyframe ? this.#markFirst() : this.#dropOldestGop();
  }

  #isOver(): boolean {
    const first = this.#records[0]!.header;
    const last = this.#records.at(-1)!.header;
    return this.#bytes > this.#limits.bytes || spanOf(first, last) > this.#limits.spanMs;
  }

  #dropOldestGop(): NewRecord[] {
    const next = this.#records.findIndex(({ header }, index) => index > 0 && header.keyframe);
    this.#awaitingKeyframe = next < 0;
    const dropped = this.#removeFirst(next < 0 ? this.#records.length : next);
    this.#markFirst();
    return dropped;
  }

  #markFirst(): [] {
    const first = this.#records[0];
    if (first) this.#records[0] = marked(first);
    else this.#gap = true;
    return [];
  }

  #append(record: NewRecord): void {
    this.#records.push(record);
    this.#bytes += record.value.byteLength;
  }

  #removeFirst(count: number): NewRecord[] {
    const removed = this.#records.splice(0, count);
    for (const { value } of removed) this.#bytes -= value.byteLength;
    return removed;
  }
}

const marked = (record: NewRecord): NewRecord => ({
  ...record,
  header: { ...record.header, discontinuity: true },
});

/** By both clocks, because a step of either one does not make a backlog. */
function spanOf(first: ChunkHeader, last: ChunkHeader): number {
  const byWallClock = last.wallClock - first.wallClock;
  if (first.session !== last.session) return byWallClock;
  return Math.min(byWallClock, ticksToMs(ticks90k(last.decodeTime - first.decodeTime)));
}
