import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { quantile } from '@topicast/test/glass';
import { JAVA, kafkaJars, kafkaToolJars } from '@topicast/test/kafka-download';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { until } from '@topicast/test/poll';
import { Kafka, logLevel } from 'kafkajs';
import { Child, cpuOf, linesOf, type Sample } from './log-child.js';
import { ageOf, now, stamped } from './log-clock.js';

interface Bench {
  readonly brokers: string;
  readonly brokerPid: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export interface Comparison {
  readonly way: string;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  /** The same, from the broker's timestamp of the record, which is in whole ms. */
  readonly read95?: number;
  /** Of the reading process, as a share of a core. */
  readonly cpu?: number;
}

const WARM_UP_MS = 2000;
/**
 * Before a reader of one stream is measured, it reads this many records a second, because a gateway's code has also
 * been running for a while.
 */
const WARM_UP_RATE = 500;
const RATE = 30;

async function makeStreams({ brokers }: Bench, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  // The broker's own timestamps, so that reading and writing can be told apart.
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  for (let at = 0; at < count; at += 200) {
    const topics = names
      .slice(at, at + 200)
      .map((name) => ({ topic: topicOf(streamId(name)), numPartitions: 1, configEntries }));
    await admin.createTopics({ topics, timeout: 60_000, waitForLeaders: false });
  }
  const last = topicOf(streamId(names.at(-1)!));
  await until('the topics are there', async () => (await admin.listTopics()).includes(last));
  await admin.disconnect();
  return names;
}

function summary(way: string, delays: readonly number[]): Comparison {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(delays, q)) as [number, number, number];
  return { way, p50, p95, p99 };
}

/** Let a reader read for a while. */
async function sampleOf(
  bench: Bench,
  mode: string,
  streams: readonly string[],
  warmUp = (): Promise<void> => delay(WARM_UP_MS),
): Promise<Sample> {
  const reader = new Child('./log-reader.js', [mode, bench.brokers, streams.join()]);
  await reader.answer();
  await warmUp();
  await reader.ask<Sample>('?');
  await delay(bench.seconds * 1000);
  const sample = await reader.ask<Sample>('?');
  await reader.end();
  return sample;
}

class Samples {
  #delays: number[] = [];
  #readDelays: number[] = [];
  #cpuMs = 0;
  #elapsedMs = 0;

  add({ delays, readDelays, cpuMs, elapsedMs }: Sample): void {
    this.#delays = this.#delays.concat(delays);
    this.#readDelays = this.#readDelays.concat(readDelays);
    this.#cpuMs += cpuMs;
    this.#elapsedMs += elapsedMs;
  }

  summary(way: string): Comparison {
    const read95 = quantile(this.#readDelays, 0.95);
    return { ...summary(way, this.#delays), read95, cpu: this.#cpuMs / this.#elapsedMs };
  }
}

/** One stream: our reader, librdkafka's consumer, and Kafka's own tool for this. */
export async function measureHop(bench: Bench): Promise<Comparison[]> {
  const [stream] = (await makeStreams(bench, 'hop', 1)) as [string];
  const writer = new Child('./log-writer.js', [bench.brokers, stream, String(RATE), '12500']);
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
  const script = fileURLToPath(new URL('../src/log-librdkafka.py', import.meta.url));
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

/** Fifty streams at once: our reader, and one kafkajs consumer for each stream, without and with commits. */
export async function measureFifty(bench: Bench): Promise<Comparison[]> {
  const streams = await makeStreams(bench, 'fifty', 50);
  const writer = new Child('./log-writer.js', [bench.brokers, streams.join(), String(RATE), '10000']);
  await writer.answer();
  const ways = new Map([
    ['ours', new Samples()],
    ['kafkajs', new Samples()],
    ['kafkajs-commits', new Samples()],
  ]);
  for (let round = 1; round <= bench.rounds; round++) {
    for (const [mode, samples] of ways) {
      bench.say(`50 streams, round ${round}: ${mode}`);
      samples.add(await sampleOf(bench, mode, streams));
    }
  }
  await writer.end();
  return [
    ways.get('ours')!.summary('ours'),
    ways.get('kafkajs')!.summary('50 consumers of kafkajs, without commits'),
    ways.get('kafkajs-commits')!.summary('50 consumers of kafkajs, with its defaults'),
  ];
}

/** Quiet topics. The reader stays for {@link measureJoin}. */
export async function measureQuiet(bench: Bench & { readonly topics: number }) {
  bench.say(`${bench.topics} quiet topics`);
  const streams = await makeStreams(bench, 'quiet', bench.topics);
  const reader = new Child('./log-reader.js', ['ours', bench.brokers, streams.join()]);
  await reader.answer();
  await delay(3 * WARM_UP_MS);
  await reader.ask<Sample>('?');
  const before = cpuOf(bench.brokerPid);
  await delay(bench.seconds * 1000);
  const { cpuMs, elapsedMs } = await reader.ask<Sample>('?');
  const brokerMs = cpuOf(bench.brokerPid) - before;
  return { reader, readerShare: cpuMs / elapsedMs, brokerShare: brokerMs / elapsedMs };
}

/** New streams: their topic is created, a record is written, and then a reader joins while more is written. */
export async function measureJoin(bench: Bench & { readonly reader: Child; readonly joins: number }) {
  bench.say(`${bench.joins} new streams`);
  const log = await openKafkaLog({ brokers: bench.brokers.split(',') });
  await bench.reader.ask<Sample>('?');
  const first: number[] = [];
  const acknowledged: number[] = [];
  for (let n = 0; n < bench.joins; n++) {
    const stream = streamId(`new-${n}`);
    await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(600_000) });
    await log.append(stream, 0, [stamped(0, 12_500)]);
    const answer = bench.reader.ask<{ firstAfterMs: number }>({ join: stream, ackedAt: now() });
    for (let more = 1; more <= 10; more++) {
      await delay(10);
      const began = performance.now();
      await log.append(stream, 0, [stamped(more, 12_500)]);
      acknowledged.push(performance.now() - began);
    }
    first.push((await answer).firstAfterMs);
  }
  await delay(1000);
  const { delays } = await bench.reader.ask<Sample>('?');
  await log.close();
  const spread = (all: readonly number[]) => ({
    p50: quantile(all, 0.5),
    p95: quantile(all, 0.95),
    max: quantile(all, 1),
  });
  return { first: spread(first), next: spread(delays), nextAcknowledged: spread(acknowledged) };
}
