/**
 * Reads streams from their ends on, and reports how long their chunks took. Arguments: `ours`, or `kafkajs` or
 * `kafkajs-commits` (a consumer for each stream), then brokers and streams. Messages: `'?'` asks for a {@link Sample}
 * of the time since the last one; `{ join, ackedAt }` makes our reader read one more stream from its newest keyframe
 * on, and reports how long after that time its first chunk came.
 */
import { setMaxListeners } from 'node:events';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import type { TailStart } from '@topicast/log';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { Kafka, logLevel } from 'kafkajs';
import type { Sample } from './child.js';
import { ageOf, now } from './clock.js';

const [mode, brokers, names] = process.argv.slice(2) as [string, string, string];
const streams = names.split(',').map(streamId);
let delays: number[] = [];
let readDelays: number[] = [];
let sampledAt = now();
let cpu = process.cpuUsage();

if (mode === 'ours') await tails();
else await consumers();
process.send!('reading');
process.once('disconnect', () => process.exit());

async function consumers(): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR });
  for (const stream of streams) {
    const consumer = kafka.consumer({ groupId: `bench-${stream}-${process.pid}` });
    await consumer.connect();
    await consumer.subscribe({ topic: topicOf(stream), fromBeginning: false });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      autoCommit: mode === 'kafkajs-commits',
      eachMessage: async ({ message }) => {
        if (message.value) take(message.value, Number(message.timestamp));
      },
    });
    await joined;
  }
  process.on('message', () => sample());
}

async function tails(): Promise<void> {
  const log = await openKafkaLog({ brokers: brokers.split(',') });
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const read = async (stream: ReturnType<typeof streamId>, start: TailStart, ackedAt?: number) => {
    let isAwaited = ackedAt !== undefined;
    for await (const batch of log.tail(stream, 0, start, signal)) {
      if (isAwaited) process.send!({ firstAfterMs: now() - ackedAt! });
      for (const { value, timestamp } of isAwaited ? batch.slice(1) : batch) take(value, timestamp);
      isAwaited = false;
    }
  };
  for (const stream of streams) void read(stream, { at: 'live' });
  process.on('message', (message: '?' | { join: string; ackedAt: number }) => {
    if (message === '?') sample();
    else void read(streamId(message.join), { at: 'keyframe' }, message.ackedAt);
  });
}

function take(value: Uint8Array, appendedAt: number): void {
  delays.push(ageOf(value));
  readDelays.push(now() - appendedAt);
}

function sample(): void {
  const { user, system } = process.cpuUsage(cpu);
  const answer: Sample = {
    delays,
    readDelays,
    cpuMs: (user + system) / 1000,
    elapsedMs: now() - sampledAt,
  };
  process.send!(answer);
  delays = [];
  readDelays = [];
  sampledAt = now();
  cpu = process.cpuUsage();
}
