import { pino } from 'pino';
import { type ChunkLog, LogError } from '../chunk-log.js';
import { Cluster, parseAddress } from './brokers/cluster.js';
import { firstContact } from './brokers/first-contact.js';
import { Health } from './brokers/health.js';
import { KafkaLog } from './kafka-log.js';
import type { KafkaLogOptions } from './options.js';
import { TopicNames } from './topics/topic-names.js';

export { readKafkaConfig } from './config.js';
export type { KafkaLogOptions } from './options.js';
export { CODEC, FOLDS, unfold } from './wire/compression.js';

/** A log whose brokers may still be away. */
interface ExpectedLog {
  /** Usable at once; until a broker has answered, it behaves as in an outage. */
  readonly log: ChunkLog;
  /**
   * Resolves when a broker has answered. Rejects with a LogError: `invalid` if the brokers do not let us in or we do not
   * trust them; `closed` if the log was closed before that, or the signal gave up.
   */
  readonly reached: Promise<void>;
}

/**
 * Start looking for the log in Apache Kafka (3.1 or later), and tell the logger while no broker answers. @throws
 * {LogError} `invalid` for an invalid address
 */
export function expectKafkaLog(options: KafkaLogOptions): ExpectedLog {
  const logger = options.logger ?? pino({ enabled: false });
  const addresses = options.brokers.map(parseAddress);
  if (addresses.length === 0) throw new LogError('invalid', 'a Kafka log needs the address of a broker');
  const { clientId = 'topicast', security = {}, signal } = options;
  if (security.sasl?.mechanism === 'plain' && !security.tls) {
    logger.warn('the Kafka password goes over the network in plain text: use TLS (KAFKA_SSL=1) or SCRAM');
  }
  const cluster = new Cluster(addresses, { clientId, logger, security, health: new Health(logger) });
  const names = new TopicNames(options.topicPrefix ?? '');
  const log = new KafkaLog(cluster, names, { ...options, clientId, logger });
  const ending = signal ? AbortSignal.any([signal, log.closing]) : log.closing;
  const reached = firstContact(cluster, names, ending).catch((cause) => {
    if (!ending.aborted) throw cause;
    throw new LogError('closed', `no Kafka broker had answered at ${options.brokers.join(', ')}`, { cause });
  });
  // Callers that only use the log need not handle this.
  reached.catch(() => undefined);
  return { log, reached };
}
