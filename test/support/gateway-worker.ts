/** A worker of a gateway that a test started as several processes. */
import { runGatewayWorker } from '@topicast/gateway';
import { pino } from 'pino';

await runGatewayWorker(pino({ level: process.env.TOPICAST_LOG_LEVEL || 'silent' }, pino.destination(2)));
