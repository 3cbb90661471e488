import type { ChunkLog } from '@topicast/log';
import { expectKafkaLog, type KafkaLogOptions } from '@topicast/log/kafka';

/** A log for callers that have nothing to do before a broker answers. @throws {LogError} if the brokers refuse us */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ChunkLog> {
  const { log, reached } = expectKafkaLog(options);
  try {
    await reached;
  } catch (error) {
    await log.close();
    throw error;
  }
  return log;
}
