import { pino } from 'pino';
import { type ChunkLog, LogError } from '../chunk-log.js';
import { Cluster, parseAddress } from './cluster.js';
import { Health } from './health.js';
import { KafkaLog } from './kafka-log.js';
import type { KafkaLogOptions } from './options.js';
import { persist } from './persist.js';
import { NotAdmitted } from './security.js';
import { TopicNames } from './topic-names.js';

export { CODEC, FOLDS, unfold } from './compression.js';
export { type KafkaConfig, readKafkaConfig } from './config.js';
export type { KafkaLogOptions } from './options.js';

/** How long brokers may hang up before it is the settings that are wrong: one that is being restarted does so too. */
const HANGING_UP_LIMIT_MS = 5000;

/**
 * Open the log that Apache Kafka (3.1 or later) holds. Waits until a broker answers, and says so through the logger.
 *
 * @throws {LogError} `invalid` for an address that is none, and for a broker that does not let us in or that we do not
 * trust; `closed` if the signal ended the wait
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ChunkLog> {
  const logger = options.logger ?? pino({ enabled: false });
  const addresses = options.brokers.map(parseAddress);
  if (addresses.length === 0) throw new LogError('invalid', 'a Kafka log needs the address of a broker');
  const { clientId = 'topicast', security = {} } = options;
  if (security.sasl?.mechanism === 'plain' && !security.tls) {
    logger.warn('the Kafka password goes over the network readably: use TLS (KAFKA_SSL=1) or SCRAM');
  }
  const cluster = new Cluster(addresses, { clientId, logger, security, health: new Health(logger) });
  const signal = options.signal ?? new AbortController().signal;
  const names = new TopicNames(options.topicPrefix ?? '');
  const refused = refusal();
  try {
    await persist(() => cluster.metadata([names.of('topicast.streams')]).catch(refused), { signal });
  } catch (cause) {
    cluster.close();
    if (!signal.aborted) throw cause;
    throw new LogError('closed', `no Kafka broker had answered at ${options.brokers.join(', ')}`, { cause });
  }
  return new KafkaLog(cluster, names, { ...options, clientId, logger });
}

/** Ends the wait for brokers that are there and will not have us. */
function refusal(): (error: unknown) => never {
  let since: number | undefined;
  return (error) => {
    if (!(error instanceof NotAdmitted)) {
      since = undefined;
      throw error;
    }
    since ??= performance.now();
    if (!error.isCertain && performance.now() - since < HANGING_UP_LIMIT_MS) throw error;
    throw new LogError('invalid', error.message, { cause: error });
  };
}
