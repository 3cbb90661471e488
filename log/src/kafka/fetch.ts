import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Cluster, Lane, Node } from './cluster.js';

/** A record as Kafka has it. The buffers are views into the whole response: copy what is kept. */
export interface KafkaRecord {
  readonly offset: number;
  readonly timestamp: Milliseconds;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
}

/** What to read of a partition. */
export interface Want {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Only those from the wanted offset on, in order, without markers of transactions. */
  readonly records: readonly KafkaRecord[];
  /** Where to read on. */
  readonly nextOffset: number;
  /** The offset up to which records are replicated and can be read. */
  readonly highWatermark: number;
}

export interface FetchLimits {
  /** How long the broker may wait for the first byte; 0 answers at once. */
  readonly maxWaitMs: number;
  /** A record larger than this still comes, alone. */
  readonly partitionBytes: number;
}

const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

interface Response {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly messages: readonly DecodedRecord[];
    }[];
  }[];
}

interface DecodedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: KafkaRecord['headers'];
  readonly isControlRecord?: boolean;
  readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number };
}

/** Read several partitions of one leader. @throws {LogError} `unavailable` */
export async function fetch(
  cluster: Cluster,
  node: Node,
  lane: Lane,
  wants: readonly Want[],
  { maxWaitMs, partitionBytes }: FetchLimits,
): Promise<Fetched[]> {
  const topics = new Map<string, { partition: number; fetchOffset: number; maxBytes: number }[]>();
  const offsets = new Map<string, number>();
  for (const { topic, partition, offset } of wants) {
    const partitions = topics.get(topic) ?? [];
    partitions.push({ partition, fetchOffset: offset, maxBytes: partitionBytes });
    topics.set(topic, partitions);
    offsets.set(`${topic}/${partition}`, offset);
  }
  const response = await cluster.request<Response>(node, lane, 'Fetch', {
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_RESPONSE_BYTES,
    topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
  });
  return response.responses.flatMap(({ topicName: topic, partitions }) =>
    partitions.map(({ partition, errorCode, highWatermark, messages }) => {
      const from = offsets.get(`${topic}/${partition}`) ?? 0;
      return {
        topic,
        partition,
        errorCode,
        records: recordsFrom(from, messages),
        nextOffset: offsetAfter(from, messages),
        highWatermark: Number(highWatermark),
      };
    }),
  );
}

/** A batch comes whole even when its middle was asked for. */
function recordsFrom(from: number, messages: readonly DecodedRecord[]): KafkaRecord[] {
  const records: KafkaRecord[] = [];
  for (const { offset, timestamp, key, value, headers, isControlRecord } of messages) {
    if (isControlRecord || Number(offset) < from) continue;
    records.push({ offset: Number(offset), timestamp: milliseconds(Number(timestamp)), key, value, headers });
  }
  return records;
}

/** Compaction leaves holes, also at the end of a batch: its header says how far it reaches. */
function offsetAfter(from: number, messages: readonly DecodedRecord[]): number {
  const last = messages.at(-1);
  if (!last) return from;
  const batch = last.batchContext;
  const reach = batch ? Number(batch.firstOffset) + batch.lastOffsetDelta : Number(last.offset);
  return Math.max(from, reach + 1);
}
