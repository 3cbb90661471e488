import type { ByteReader } from './byte-reader.js';
import type { FlexibleApi } from './flexible.js';

export interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly topicErrorCode: number;
  readonly topic: string;
  /** 32 hex digits, all zero if the topic is unknown. */
  readonly topicId: string;
  readonly partitionMetadata: readonly PartitionMetadata[];
}

export interface PartitionMetadata {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  /** A node id, or -1. */
  readonly leader: number;
  /** Grows with each election: of two answers, the one with the higher epoch is the newer. */
  readonly leaderEpoch: number;
}

/**
 * Metadata, version 12 (Kafka 3.1 and later). All topics: null (0).
 *
 *   [topics] (topic_id UUID, name STRING), allow_auto_topic_creation BOOLEAN, include_topic_authorized_operations BOOLEAN
 *
 *   throttle_time_ms INT32, [brokers] (node_id INT32, host STRING, port INT32, rack STRING), cluster_id STRING,
 *   controller_id INT32, [topics]
 *     error_code INT16, name STRING, topic_id UUID, is_internal BOOLEAN, [partitions]
 *       error_code INT16, partition INT32, leader_id INT32, leader_epoch INT32, [replica_nodes INT32],
 *       [isr_nodes INT32], [offline_replicas INT32]
 *     topic_authorized_operations INT32
 */
export const METADATA: FlexibleApi<readonly string[] | 'all', Metadata> = {
  name: 'Metadata',
  key: 3,
  version: 12,
  write(writer, topics) {
    if (topics === 'all') writer.uvarint(0);
    else writer.compactArray(topics, (name) => writer.uuid(NO_TOPIC).compactString(name).noTags());
    writer.int8(0).int8(0).noTags();
  },
  read(reader) {
    reader.skip(4);
    const brokers = list(reader, () => {
      const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() };
      reader.compactString();
      return broker;
    });
    reader.compactString();
    const controllerId = reader.int32();
    const topicMetadata = list(reader, () => readTopic(reader));
    return { brokers, controllerId, topicMetadata };
  },
};

const NO_TOPIC = '0'.repeat(32);

function readTopic(reader: ByteReader): TopicMetadata {
  const topicErrorCode = reader.int16();
  const topic = reader.compactString();
  const topicId = reader.uuid();
  reader.skip(1);
  const partitionMetadata = list(reader, () => {
    const partition = {
      partitionErrorCode: reader.int16(),
      partitionId: reader.int32(),
      leader: reader.int32(),
      leaderEpoch: reader.int32(),
    };
    for (let lists = 0; lists < 3; lists++) reader.skip(4 * reader.compactLength());
    return partition;
  });
  reader.skip(4);
  return { topicErrorCode, topic, topicId, partitionMetadata };
}

/** An array of structures, each with tagged fields behind its own. */
function list<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let count = reader.compactLength(); count > 0; count--) {
    items.push(read());
    reader.skipTags();
  }
  return items;
}
