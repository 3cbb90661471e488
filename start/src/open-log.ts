import path from 'node:path';
import { ConfigError, readConfig, sharedSettings } from '@topicast/contracts/config';
import type { ChunkLog } from '@topicast/log';
import type { Logger } from 'pino';
import { z } from 'zod';

const settings = z.object(sharedSettings);
export type SharedConfig = z.output<typeof settings>;

export const readSharedConfig = (): Readonly<SharedConfig> => readConfig(settings, process.env);

/** The log that the settings name: Kafka where there are brokers, else the embedded one in the data folder. */
export async function openLog(config: SharedConfig, logger: Logger, signal: AbortSignal): Promise<ChunkLog> {
  if (config.KAFKA_BROKERS) {
    const { openKafkaLog, readKafkaConfig } = await import('@topicast/log/kafka');
    return openKafkaLog({ ...readKafkaConfig(process.env), logger, signal });
  }
  const { openEmbeddedLog } = await import('@topicast/log/embedded');
  return openEmbeddedLog({ directory: path.join(config.TOPICAST_DATA_DIR, 'log'), logger });
}

/** The embedded log lives in one process. @throws {ConfigError} if services that run apart have no Kafka. */
export function requireKafka(config: SharedConfig, service: string): void {
  if (config.KAFKA_BROKERS) return;
  throw new ConfigError(
    `the ${service} alone needs KAFKA_BROKERS=host:port, for the embedded log belongs to one process. Without Kafka use npm start.`,
  );
}
