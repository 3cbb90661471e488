import type { Logger } from 'pino';
import type { Security } from './brokers/security.js';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4';

export interface KafkaLogOptions {
  /** `host:port` of some of the brokers; they report the others. */
  readonly brokers: readonly string[];
  /** Absent: plain connections without a login. */
  readonly security?: Security;
  /** Our name in the brokers' logs and quotas. */
  readonly clientId?: string;
  /** A prefix for the names of all topics; topics without it are not ours. Absent: no prefix. */
  readonly topicPrefix?: string;
  /** For topics that we create; absent: three, or the number of brokers if there are fewer. */
  readonly replicationFactor?: number;
  /** For video topics, in bytes; absent: an eighth of what is retained, from 16 MB to 1 GB. */
  readonly segmentBytes?: number;
  /**
   * For topics that we create: the largest batch that they accept, in bytes; above `MAX_APPEND_BYTES`. Absent: twice
   * that.
   */
  readonly maxMessageBytes?: number;
  /** For what we write; absent: none. What we read may be compressed in any way. */
  readonly compression?: Compression;
  readonly logger?: Logger;
  /** Aborts the wait for a first answer; `close()` ends the log itself. */
  readonly signal?: AbortSignal;
}
