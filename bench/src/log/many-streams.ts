import { setTimeout as delay } from 'node:timers/promises';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { quantile } from '@topicast/test/glass';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { type Bench, type Comparison, makeStreams, RATE, Samples, sampleOf, WARM_UP_MS } from './bench.js';
import { Child, cpuOf, type Sample } from './child.js';
import { now, stamped } from './clock.js';

/** Fifty streams at once: our reader, and one kafkajs consumer for each stream, without and with commits. */
export async function measureFifty(bench: Bench): Promise<Comparison[]> {
  const streams = await makeStreams(bench, 'fifty', 50);
  const writer = new Child('./writer.js', [bench.brokers, streams.join(), String(RATE), '10000']);
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
  const reader = new Child('./reader.js', ['ours', bench.brokers, streams.join()]);
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
