/**
 * A process that plays a recording into many streams in real time. Arguments: brokers, streams separated by commas.
 * Lines on standard output: `ready` when all topics are there, `error ...` for what the log refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { Recording } from './recording.js';

const [brokers, streams] = process.argv.slice(2);
const RETENTION = milliseconds(300_000);
const MOST_AT_ONCE = 60;
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

const recording = await Recording.make();
const log = await openKafkaLog({ brokers: brokers!.split(','), clientId: 'soak-replay' });
const all = streams!.split(',').map(streamId);
await Promise.all(all.map((stream) => log.createTopic(stream, { partitions: 1, retentionMs: RETENTION })));
process.stdout.write('ready\n');
await Promise.all(all.map((stream, n) => play(log, stream, n / all.length)));
await log.close();

/** @param offsetSeconds so that not all streams send their keyframes at once */
async function play(to: ChunkLog, stream: StreamId, offsetSeconds: number): Promise<void> {
  const session = Date.now();
  const began = performance.now() + offsetSeconds * 1000;
  for (let next = 0; !ending.signal.aborted; ) {
    const elapsed = (performance.now() - began) / 1000;
    const batch = [];
    while (batch.length < MOST_AT_ONCE && recording.dueAt(next + batch.length) <= elapsed) {
      batch.push(recording.record(next + batch.length, session, milliseconds(Date.now())));
    }
    if (batch.length === 0) {
      await sleep(Math.max(1, (recording.dueAt(next) - elapsed) * 1000));
      continue;
    }
    try {
      await to.append(stream, 0, batch);
      next += batch.length;
    } catch (error) {
      process.stdout.write(`error ${stream}: ${(error as Error).message}\n`);
      await sleep(200);
    }
  }
}
