import { setTimeout as delay } from 'node:timers/promises';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import { quantile } from '@topicast/test/glass';
import { until } from '@topicast/test/poll';
import { Kafka, logLevel } from 'kafkajs';
import { Child, type Sample } from './child.js';

export interface Bench {
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

export const WARM_UP_MS = 2000;
/** Chunks a second of each stream. */
export const RATE = 30;

export async function makeStreams({ brokers }: Bench, prefix: string, count: number): Promise<string[]> {
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

export function summary(way: string, delays: readonly number[]): Comparison {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(delays, q)) as [number, number, number];
  return { way, p50, p95, p99 };
}

/** Let a reader read for a while. */
export async function sampleOf(
  bench: Bench,
  mode: string,
  streams: readonly string[],
  warmUp = (): Promise<void> => delay(WARM_UP_MS),
): Promise<Sample> {
  const reader = new Child('./reader.js', [mode, bench.brokers, streams.join()]);
  await reader.answer();
  await warmUp();
  await reader.ask<Sample>('?');
  await delay(bench.seconds * 1000);
  const sample = await reader.ask<Sample>('?');
  await reader.end();
  return sample;
}

/** What a reader has seen in all rounds. */
export class Samples {
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
