import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Bounds, LogError, type TailStart } from '../chunk-log.js';
import { isHintedKeyframe } from '../records.js';
import { chunkHeader } from './chunk-records.js';
import { type Cluster, Lane, type Node } from './cluster.js';
import { KafkaError } from './error-codes.js';
import { type Fetched, fetch, type KafkaRecord } from './fetch.js';

/**
 * Where a tail from the last keyframe begins in a topic of somebody else's producer, whose records do not tell: this
 * long before the newest record. x264's default is a keyframe every 250 frames, 10 s at 25 a second.
 */
export const FOREIGN_LOOK_BACK_MS = milliseconds(15_000);

// Timestamps with a meaning of their own (ListOffsets request).
const LATEST = -1;
const EARLIEST = -2;

const CATCH_UP_BYTES = 1024 * 1024;
/** Records looked through at a time when the hint does not lead to the keyframe, and at most in all. */
const WALK_RECORDS = 256;
const MAX_WALK_RECORDS = 16 * WALK_RECORDS;

interface ListOffsetsResponse {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}

/** Questions about partitions, answered at once: none of them waits for data, nor behind a request that does. */
export class Lookups {
  constructor(private readonly cluster: Cluster) {}

  /** Once, as all of these. @throws {LogError} */
  async bounds(topic: string, partition: number): Promise<Bounds> {
    const [earliest, next] = await Promise.all([
      this.#offsetAt(topic, partition, EARLIEST),
      this.#offsetAt(topic, partition, LATEST),
    ]);
    return { earliest, next };
  }

  /** The offset that a tail begins with. */
  async startOf(topic: string, partition: number, start: TailStart): Promise<number> {
    switch (start.at) {
      case 'earliest':
        return this.#offsetAt(topic, partition, EARLIEST);
      case 'live':
        return this.#offsetAt(topic, partition, LATEST);
      case 'time':
        return this.#firstSince(topic, partition, start.time);
      case 'offset': {
        const { earliest, next } = await this.bounds(topic, partition);
        return Math.min(Math.max(start.offset, earliest), next);
      }
      case 'keyframe':
        return this.#newestKeyframe(topic, partition);
    }
  }

  /** Some of what is there from `offset` on. Throws `invalid` for an offset that is not there, or not any more. */
  async read(topic: string, partition: number, offset: number, maxBytes = CATCH_UP_BYTES): Promise<Fetched> {
    const node = await this.cluster.leader(topic, partition);
    const want = [{ topic, partition, offset }];
    const [fetched] = await fetch(this.cluster, node, Lane.requests, want, { maxWaitMs: 0, partitionBytes: maxBytes });
    this.#check(topic, fetched?.errorCode);
    return fetched!;
  }

  async #newestKeyframe(topic: string, partition: number): Promise<number> {
    const { earliest, next } = await this.bounds(topic, partition);
    if (next === earliest) return next;
    const newest = await this.#recordAt(topic, partition, next - 1);
    if (!newest) return next;
    const header = chunkHeader(newest);
    if (!header) {
      const since = milliseconds(newest.timestamp - FOREIGN_LOOK_BACK_MS);
      return this.#firstSince(topic, partition, since);
    }
    if (header.keyframe) return newest.offset;
    const hinted = newest.offset - header.sinceKeyframe;
    if (hinted >= earliest) {
      const record = await this.#recordAt(topic, partition, hinted);
      if (record && isHintedKeyframe(header, chunkHeader(record))) return hinted;
    }
    return this.#walkBack(topic, partition, { earliest, next });
  }

  async #walkBack(topic: string, partition: number, { earliest, next }: Bounds): Promise<number> {
    const lowest = Math.max(earliest, next - MAX_WALK_RECORDS);
    for (let end = next; end > lowest; ) {
      const from = Math.max(lowest, end - WALK_RECORDS);
      let found: number | undefined;
      for (let at = from; at < end; ) {
        const { records, nextOffset } = await this.read(topic, partition, at);
        for (const record of records) {
          if (record.offset < end && chunkHeader(record)?.keyframe) found = record.offset;
        }
        if (nextOffset <= at) break;
        at = nextOffset;
      }
      if (found !== undefined) return found;
      end = from;
    }
    return next;
  }

  async #recordAt(topic: string, partition: number, offset: number): Promise<KafkaRecord | undefined> {
    const { records } = await this.read(topic, partition, offset, 1);
    return records[0];
  }

  async #firstSince(topic: string, partition: number, time: Milliseconds): Promise<number> {
    const offset = await this.#offsetAt(topic, partition, Math.max(0, Math.ceil(time)));
    return offset >= 0 ? offset : this.#offsetAt(topic, partition, LATEST);
  }

  async #offsetAt(topic: string, partition: number, timestamp: number): Promise<number> {
    const node: Node = await this.cluster.leader(topic, partition);
    const response = await this.cluster.request<ListOffsetsResponse>(node, Lane.requests, 'ListOffsets', {
      topics: [{ topic, partitions: [{ partition, timestamp }] }],
    });
    const found = response.responses[0]?.partitions[0];
    this.#check(topic, found?.errorCode);
    return Number(found!.offset);
  }

  #check(topic: string, errorCode: number | undefined): void {
    if (errorCode === KafkaError.none) return;
    this.cluster.forget(topic);
    if (errorCode === KafkaError.unknownTopicOrPartition) {
      throw new LogError('unknown-topic', `there is no topic ${topic}`);
    }
    if (errorCode === KafkaError.offsetOutOfRange) throw new LogError('invalid', `${topic}: no such offset`);
    throw new LogError('unavailable', `${topic}: Kafka answers with error ${errorCode}`);
  }
}
