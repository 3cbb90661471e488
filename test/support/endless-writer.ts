/**
 * A process that appends chunks to an embedded log in batches of three until it is killed, and prints the result of
 * each: `ok <first offset>`, or the code of the error. Arguments: the folder, bytes per chunk.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { LogError, type NewRecord } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { numberedChunk } from './numbered-chunks.js';

const [directory, size] = process.argv.slice(2);
const stream = streamId('film');
const retentionMs = milliseconds(3_600_000);

const chunk = (sequence: number): NewRecord => numberedChunk(1, sequence, Number(size));

try {
  const log = await openEmbeddedLog({ directory: directory! });
  await log.createTopic(stream, { partitions: 1, retentionMs });
  for (let sequence = 0; ; ) {
    try {
      const offset = await log.append(stream, 0, [chunk(sequence), chunk(sequence + 1), chunk(sequence + 2)]);
      sequence += 3;
      process.stdout.write(`ok ${offset}\n`);
    } catch (error) {
      process.stdout.write(`${(error as LogError).code}\n`);
      await delay(100);
    }
    // Let the loop turn, as a server does.
    if (sequence % 30 === 0) await delay(1);
  }
} catch (error) {
  process.stdout.write(`${error instanceof LogError ? error.code : (error as Error).stack}\n`);
  process.exit(1);
}
