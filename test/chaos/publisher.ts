/**
 * A process that appends numbered chunks to a topic on Kafka, and says on standard output what was acknowledged.
 * Arguments: brokers, stream, session, bytes a chunk. SIGTERM: no more chunks.
 */
import { streamId } from '@topicast/contracts/stream-id';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { publishNumbered } from './numbered-publisher.js';

const [brokers, stream, session, chunkBytes] = process.argv.slice(2);
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

const log = await openKafkaLog({ brokers: brokers!.split(','), clientId: 'chaos-publisher' });
const numbered = { stream: streamId(stream!), session: Number(session), chunkBytes: Number(chunkBytes) };
await publishNumbered(log, numbered, ending.signal, (line) => void process.stdout.write(`${line}\n`));
await log.close();
