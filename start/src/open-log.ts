import path from 'node:path';
import { ConfigError, readConfig, sharedSettings } from '@topicast/contracts/config';
import { type ChunkLog, LogError } from '@topicast/log';
import type { Logger } from 'pino';
import { z } from 'zod';

const settings = z.object(sharedSettings);
export type SharedConfig = z.output<typeof settings>;

export const readSharedConfig = (): Readonly<SharedConfig> => readConfig(settings, process.env);

/**
 * The log that the settings name: Kafka if there are brokers, otherwise the embedded log in the data folder. The
 * services wait for brokers that are away; `fail` is called if brokers do not let us in.
 */
export async function openLog(
  config: SharedConfig,
  logger: Logger,
  fail: (error: unknown) => void,
): Promise<ChunkLog> {
  if (config.KAFKA_BROKERS) {
    const { expectKafkaLog, readKafkaConfig } = await import('@topicast/log/kafka');
    const { log, reached } = expectKafkaLog({ ...readKafkaConfig(process.env), logger });
    reached.catch((error) => {
      if (!(error instanceof LogError && error.code === 'closed')) fail(error);
    });
    return log;
  }
  const { openEmbeddedLog } = await import('@topicast/log/embedded');
  return openEmbeddedLog({ directory: path.join(config.TOPICAST_DATA_DIR, 'log'), logger });
}

/** The embedded log lives in one process. @throws {ConfigError} if separate services have no Kafka. */
export function requireKafka(config: SharedConfig, service: string): void {
  if (config.KAFKA_BROKERS) return;
  throw new ConfigError(
    `the ${service} alone needs KAFKA_BROKERS=host:port, because the embedded log belongs to one process. Without Kafka, use npm start.`,
  );
}
