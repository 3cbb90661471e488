/**
 * A producer as a separate process, for tests that kill it. Its environment configures it; it encodes what the tables
 * say, prints a line when it has begun, and shuts down in order at SIGTERM.
 */

import { readKafkaConfig } from '@topicast/log/kafka';
import { readProducerConfig, startProducer } from '@topicast/producer';
import { pino } from 'pino';
import { openKafkaLog } from './kafka-log.js';

const logger = pino({ level: process.env.TOPICAST_LOG_LEVEL || 'silent' }, pino.destination(2));
const kafka = readKafkaConfig(process.env);
if (!kafka) throw new Error('KAFKA_BROKERS is not set');
const log = await openKafkaLog({ ...kafka, logger });
const producer = await startProducer({ log, config: readProducerConfig(process.env), logger, inputs: [] });
process.once('SIGTERM', async () => {
  await producer.close();
  await log.close();
  process.exit(0);
});
process.stdout.write('ready\n');
