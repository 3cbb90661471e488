import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import type { FlexibleApi } from './flexible.js';

export interface FetchFields {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly session: SessionFields;
}

/** Where a fetch is in a session (KIP-227), and what it changes: all partitions for a new session or without one. */
export interface SessionFields {
  readonly sessionId: number;
  /** 0 asks for a new session (and ends the one named), -1 for none. */
  readonly sessionEpoch: number;
  readonly wanted: readonly Wanted[];
  readonly forgotten: readonly PartitionOfTopic[];
}

export interface PartitionOfTopic {
  /** 32 hex digits. A topic that is deleted and created again has another id (KIP-516). */
  readonly topicId: string;
  readonly partition: number;
}

export interface Wanted extends PartitionOfTopic {
  readonly offset: number;
  readonly maxBytes: number;
}

export interface Fetched {
  readonly errorCode: number;
  /** 0: the broker has no room for a session. */
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

export interface FetchedPartition extends PartitionOfTopic {
  readonly errorCode: number;
  /** The offset after the last record that consumers may read. */
  readonly highWatermark: number;
  /** Record batches, the last of them perhaps cut off: a view into the answer, for `decodeRecords`. */
  readonly recordSet: Buffer;
}

export const NO_SESSION = -1;
const CONSUMER = -1;
const READ_UNCOMMITTED = 0;
const UNKNOWN = -1;

/**
 * Fetch, version 13 (Kafka 3.1 and later): topics by id.
 *
 *   replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8, session_id INT32,
 *   session_epoch INT32, [topics]
 *     topic_id UUID, [partitions]
 *       partition INT32, current_leader_epoch INT32, fetch_offset INT64, last_fetched_epoch INT32,
 *       log_start_offset INT64, partition_max_bytes INT32
 *   [forgotten_topics_data]
 *     topic_id UUID, [partition INT32]
 *   rack_id STRING
 *
 *   throttle_time_ms INT32, error_code INT16, session_id INT32, [responses]
 *     topic_id UUID, [partitions]
 *       partition INT32, error_code INT16, high_watermark INT64, last_stable_offset INT64, log_start_offset INT64,
 *       [aborted_transactions] (producer_id INT64, first_offset INT64), preferred_read_replica INT32, records BYTES
 */
export const FETCH: FlexibleApi<FetchFields, Fetched> = {
  name: 'Fetch',
  key: 1,
  version: 13,
  write(writer, { maxWaitMs, maxBytes, session }) {
    writer.int32(CONSUMER).int32(maxWaitMs).int32(1).int32(maxBytes).int8(READ_UNCOMMITTED);
    writer.int32(session.sessionId).int32(session.sessionEpoch);
    writeTopics(writer, session.wanted, ({ partition, offset, maxBytes: most }) =>
      writer.int32(partition).int32(UNKNOWN).int64(offset).int32(UNKNOWN).int64(UNKNOWN).int32(most).noTags(),
    );
    writeTopics(writer, session.forgotten, ({ partition }) => writer.int32(partition));
    writer.compactString('').noTags();
  },
  read(reader) {
    reader.skip(4);
    const errorCode = reader.int16();
    const sessionId = reader.int32();
    const partitions: FetchedPartition[] = [];
    for (let topics = reader.compactLength(); topics > 0; topics--) {
      const topicId = reader.uuid();
      for (let n = reader.compactLength(); n > 0; n--) partitions.push(readPartition(topicId, reader));
      reader.skipTags();
    }
    return { errorCode, sessionId, partitions };
  },
};

function readPartition(topicId: string, reader: ByteReader): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  reader.skip(2 * 8);
  for (let aborted = reader.compactLength(); aborted > 0; aborted--) {
    reader.skip(2 * 8);
    reader.skipTags();
  }
  reader.skip(4);
  const recordSet = reader.take(reader.compactLength());
  reader.skipTags();
  return { topicId, partition, errorCode, highWatermark, recordSet };
}

function writeTopics<P extends PartitionOfTopic>(
  writer: ByteWriter,
  all: readonly P[],
  write: (partition: P) => void,
): void {
  const topics = new Map<string, P[]>();
  for (const each of all) {
    const partitions = topics.get(each.topicId);
    if (partitions) partitions.push(each);
    else topics.set(each.topicId, [each]);
  }
  writer.compactArray([...topics], ([topicId, partitions]) => {
    writer.uuid(topicId).compactArray(partitions, write).noTags();
  });
}
