import type { Logger } from 'pino';
import type { Security } from './brokers/security.js';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4';

export interface KafkaLogOptions {
  /** `host:port` of some of the brokers; they tell of the others. */
  readonly brokers: readonly string[];
  /** Absent: plain connections without a login. */
  readonly security?: Security;
  /** The name by which the brokers' logs and quotas know us. */
  readonly clientId?: string;
  /** Before the names of all topics; topics that begin otherwise are not ours. Absent: nothing. */
  readonly topicPrefix?: string;
  /** Of the topics we make; absent: three, or one a broker where there are fewer than three brokers. */
  readonly replicationFactor?: number;
  /** Of video topics, bytes; absent: an eighth of what is retained, from 16 MB to 1 GB. */
  readonly segmentBytes?: number;
  /** Of the topics we make: the largest batch they take, in bytes; above `MAX_APPEND_BYTES`. Absent: twice that. */
  readonly maxMessageBytes?: number;
  /** Of what we write; absent: none. What is read may be compressed in any way. */
  readonly compression?: Compression;
  readonly logger?: Logger;
  /** Gives up waiting for a first answer; the log itself is ended by its `close()`. */
  readonly signal?: AbortSignal;
}
