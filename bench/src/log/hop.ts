import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import { JAVA, kafkaJars, kafkaToolJars } from '@topicast/test/kafka-download';
import { openKafkaLog } from '@topicast/test/kafka-log';
import {
  type Bench,
  type Comparison,
  makeStreams,
  RATE,
  Samples,
  sampleOf,
  summary,
  WARM_UP_MS,
} from './bench.js';
import { Child, linesOf } from './child.js';
import { ageOf, stamped } from './clock.js';

/**
 * Before a reader of one stream is measured, it reads this many records a second, because a gateway's code has also
 * been running for a while.
 */
const WARM_UP_RATE = 500;

/** One stream: our reader, librdkafka's consumer, and Kafka's own tool for this. */
export async function measureHop(bench: Bench): Promise<Comparison[]> {
  const [stream] = (await makeStreams(bench, 'hop', 1)) as [string];
  const writer = new Child('./writer.js', [bench.brokers, stream, String(RATE), '12500']);
  await writer.answer();
  const warmUp = async (): Promise<void> => {
    writer.send(WARM_UP_RATE);
    await delay(WARM_UP_MS);
    writer.send(RATE);
    await delay(WARM_UP_MS / 4);
  };
  const ours = new Samples();
  const theirs: number[] = [];
  const hasRdkafka = spawnSync('/usr/bin/python3', ['-c', 'import confluent_kafka']).status === 0;
  for (let round = 1; round <= bench.rounds; round++) {
    bench.say(`log hop, round ${round}`);
    ours.add(await sampleOf(bench, 'ours', [stream], warmUp));
    if (!hasRdkafka) continue;
    const reading = rdkafkaDelays(bench, topicOf(streamId(stream)));
    await warmUp();
    theirs.push(...(await reading));
  }
  await writer.end();
  const all = [ours.summary('ours')];
  if (hasRdkafka) all.push(summary('librdkafka (confluent_kafka)', theirs));
  else all.push({ way: 'librdkafka: left out, no python3-confluent-kafka here' });
  return [...all, await oneByOne(bench, stream), await endToEndLatency(bench)];
}

async function rdkafkaDelays({ brokers, seconds }: Bench, topic: string): Promise<number[]> {
  const script = fileURLToPath(new URL('../../src/log/librdkafka.py', import.meta.url));
  // Wait until the rate has settled, and a little for Python to start.
  const before = (1.25 * WARM_UP_MS) / 1000 + 0.5;
  const args = [script, brokers, topic, String(before), String(before + seconds)];
  const delays: number[] = [];
  for await (const line of linesOf('/usr/bin/python3', args)) delays.push(Number(line));
  return delays;
}

const RECORDS = 3000;

/** Like Kafka's tool: one process writes a record, waits until it has read it, and then writes the next. */
async function oneByOne({ brokers, say }: Bench, name: string): Promise<Comparison> {
  say('one record after the other');
  const log = await openKafkaLog({ brokers: brokers.split(',') });
  const stream = streamId(name);
  const stop = new AbortController();
  const tail = log.tail(stream, 0, { at: 'earliest' }, stop.signal)[Symbol.asyncIterator]();
  const { next } = await log.bounds(stream, 0);
  for (let read = 0; read < next; ) read += (await tail.next()).value!.length;
  const delays: number[] = [];
  for (let n = 0; n < RECORDS; n++) {
    const [read] = await Promise.all([tail.next(), log.append(stream, 0, [stamped(n, 12_500)])]);
    delays.push(ageOf(read.value![0]!.value));
  }
  stop.abort();
  await log.close();
  return summary('ours, one after the other in one process', delays);
}

async function endToEndLatency({ brokers, say }: Bench): Promise<Comparison> {
  const found = kafkaJars();
  const tools = kafkaToolJars();
  const name = "Kafka's EndToEndLatency";
  if ('problem' in found || !tools) return { way: `${name}: left out, its jar could not be downloaded` };
  say(name);
  const main = 'org.apache.kafka.tools.EndToEndLatency';
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const classes = `${join(found.jars, '*')}:${join(tools, '*')}`;
  const topic = topicOf(streamId('end-to-end'));
  const args = ['-cp', classes, quiet, main, brokers, topic, String(RECORDS), 'all', '12500'];
  let mean = '';
  let percentiles: Pick<Comparison, 'p50' | 'p99'> = {};
  for await (const line of linesOf(JAVA, args)) {
    mean = /Avg latency: ([\d.]+)/.exec(line)?.[1] ?? mean;
    const [, p50, p99] = /50th = ([\d.]+), 99th = ([\d.]+)/.exec(line) ?? [];
    if (p50) percentiles = { p50: Number(p50), p99: Number(p99) };
  }
  return { way: `${name} (whole ms; mean ${mean})`, ...percentiles };
}
