/**
 * Gateway, producer with a test picture, and numbered chunks, in one process on an embedded log, like `npm start`
 * without Kafka. Arguments: data folder, port, numbered stream, session, bytes a chunk. SIGUSR2: no more chunks, and
 * the line `stopped`; SIGTERM: the end.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { readGatewayConfig, startGateway } from '@topicast/gateway';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { readProducerConfig, startProducer } from '@topicast/producer';
import { pino } from 'pino';
import { publishNumbered } from './numbered-publisher.js';
import { SERVICE_SETTINGS } from './settings.js';

const [directory, port, stream, session, chunkBytes] = process.argv.slice(2);
const environment = {
  ...process.env,
  ...SERVICE_SETTINGS,
  TOPICAST_DATA_DIR: directory,
  TOPICAST_GATEWAY_PORT: port,
};
const logger = pino({ level: 'info' }, pino.destination(2));
const stopping = new AbortController();
const ending = once(process, 'SIGTERM');
process.once('SIGUSR2', () => stopping.abort());

const log = await openEmbeddedLog({ directory: join(directory!, 'log'), logger });
const numbered = { stream: streamId(stream!), session: Number(session), chunkBytes: Number(chunkBytes) };
await log.createTopic(numbered.stream, { partitions: 1, retentionMs: milliseconds(600_000) });
const gateway = await startGateway({
  log,
  config: readGatewayConfig(environment),
  logger,
  operatorToken: SERVICE_SETTINGS.TOPICAST_TOKEN,
});
const inputs = [{ id: streamId('picture'), title: 'Picture', source: { kind: 'test' as const } }];
const producer = await startProducer({ log, config: readProducerConfig(environment), logger, inputs });
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
await publishNumbered(log, numbered, stopping.signal, tell);
tell('stopped');
await ending;
await producer.close();
await gateway.close();
await log.close();
