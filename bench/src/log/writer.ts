/**
 * Appends to streams until it is disconnected. Arguments: brokers, streams, appends a second to each, bytes each. A
 * message is another rate.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { streamId } from '@topicast/contracts/stream-id';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { stamped } from './clock.js';

const [brokers, streams, rate, bytes] = process.argv.slice(2) as [string, string, string, string];
const log = await openKafkaLog({ brokers: brokers.split(',') });
let everyMs = 1000 / Number(rate);
process.on('message', (another: number) => {
  everyMs = 1000 / another;
});
let ended = false;
process.once('disconnect', () => {
  ended = true;
});

async function write(name: string): Promise<void> {
  const stream = streamId(name);
  // Streams are not in step with each other.
  await delay(Math.random() * everyMs);
  let due = performance.now();
  for (let sequence = 0; !ended; sequence++) {
    await log.append(stream, 0, [stamped(sequence, Number(bytes))]);
    // A stream that has fallen behind leaves out some chunks, and keeps its place among the others.
    const behind = Math.max(0, performance.now() - due);
    due += everyMs * (1 + Math.floor(behind / everyMs));
    await delay(Math.max(0, due - performance.now()));
  }
}

const writing = streams.split(',').map(write);
process.send!('writing');
await Promise.all(writing);
await log.close();
