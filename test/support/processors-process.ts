/** Processors as a separate process, for tests that kill it. Its environment configures it; it prints a line when it has begun. */

import { readKafkaConfig } from '@topicast/log/kafka';
import { readProcessorsConfig, startProcessors } from '@topicast/processors';
import { pino } from 'pino';
import { FFMPEG } from './ffprobe.js';
import { openKafkaLog } from './kafka-log.js';

const logger = pino({ level: process.env.TOPICAST_LOG_LEVEL || 'silent' }, pino.destination(2));
const kafka = readKafkaConfig(process.env);
if (!kafka) throw new Error('KAFKA_BROKERS is not set');
const log = await openKafkaLog({ ...kafka, logger });
await startProcessors({ log, config: readProcessorsConfig(process.env), ffmpegPath: FFMPEG, logger });
process.stdout.write('ready\n');
