import { ByteReader } from './byte-reader.js';

export interface Fetched {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Record batches, the last of them perhaps cut off: a view into the answer, for {@link decodeRecords}. */
  readonly recordSet: Buffer;
}

/**
 * Fetch response, version 11:
 *
 *   throttle_time_ms INT32, error_code INT16, session_id INT32, [topics]
 *     topic STRING, [partitions]
 *       partition INT32, error_code INT16, high_watermark INT64, last_stable_offset INT64, log_start_offset INT64,
 *       [aborted_transactions] (producer_id INT64, first_offset INT64), preferred_read_replica INT32, records BYTES
 */
export function decodeFetch(payload: Buffer): Fetched {
  const reader = new ByteReader(payload);
  reader.skip(4);
  const errorCode = reader.int16();
  reader.skip(4);
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count--) partitions.push(decodePartition(topic, reader));
  }
  return { errorCode, partitions };
}

function decodePartition(topic: string, reader: ByteReader): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.skip(3 * 8);
  const abortedTransactions = Math.max(0, reader.int32());
  reader.skip(abortedTransactions * 16 + 4);
  const recordSet = reader.take(Math.max(0, reader.int32()));
  return { topic, partition, errorCode, recordSet };
}
