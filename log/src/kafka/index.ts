import { type Logger, pino } from 'pino';
import { type ChunkLog, LogError } from '../chunk-log.js';
import { Cluster, parseAddress } from './cluster.js';
import { Health } from './health.js';
import { KafkaLog } from './kafka-log.js';
import { persist } from './persist.js';

export interface KafkaLogOptions {
  /** `host:port` of some of the brokers; they tell of the others. */
  readonly brokers: readonly string[];
  /** The name by which the brokers' logs and quotas know us. */
  readonly clientId?: string;
  /** Of the topics we make; absent: three, or one a broker where there are fewer than three brokers. */
  readonly replicationFactor?: number;
  readonly logger?: Logger;
  /** Gives up waiting for a broker; an open log is ended by its `close()`. */
  readonly signal?: AbortSignal;
}

/**
 * Open the log that Apache Kafka (2.3 or later) holds. Waits until a broker answers, and says so through the logger.
 *
 * @throws {LogError} `invalid` for an address that is none; `closed` if the signal ended the wait
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ChunkLog> {
  const logger = options.logger ?? pino({ enabled: false });
  const addresses = options.brokers.map(parseAddress);
  if (addresses.length === 0) throw new LogError('invalid', 'a Kafka log needs the address of a broker');
  const clientId = options.clientId ?? 'topicast';
  const cluster = new Cluster(addresses, { clientId, logger, health: new Health(logger) });
  const signal = options.signal ?? new AbortController().signal;
  try {
    await persist(() => cluster.metadata(['topicast.streams']), { signal });
  } catch (cause) {
    cluster.close();
    if (!signal.aborted) throw cause;
    throw new LogError('closed', `no Kafka broker had answered at ${options.brokers.join(', ')}`, { cause });
  }
  return new KafkaLog(cluster, options.replicationFactor);
}
