import { setTimeout as delay } from 'node:timers/promises';
import { topicOf } from '@topicast/contracts/stream-id';
import { clusterUnavailable, type KafkaCluster, startKafkaCluster } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { until } from '@topicast/test/poll';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChunkLog } from '../../chunk-log.js';
import { filled, record, SETTINGS, take } from '../../testing/support.js';

const unavailable = clusterUnavailable();

describe.skipIf(unavailable)(`a broker that hangs${unavailable ? ` (skipped: ${unavailable})` : ''}`, () => {
  let kafka: KafkaCluster;
  let log: ChunkLog;
  beforeAll(async () => {
    kafka = await startKafkaCluster(3);
    log = await openKafkaLog({ brokers: kafka.brokers.split(','), replicationFactor: 3 });
  });
  afterAll(async () => {
    for (const node of kafka?.nodes ?? []) node.cont();
    await log?.close();
    await kafka?.close();
  });

  it('is left for the one that leads by then, by readers and writers, and nothing is lost', async () => {
    const stream = await filled(log, [record(0)], { ...SETTINGS, partitions: 1 });
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const batch of log.tail(stream, 0, { at: 'earliest' }, stop.signal)) {
        for (const { header } of batch) {
          // Like the feed, because a batch that was sent again may have been written twice.
          if (header!.sequence > (seen.at(-1) ?? -1)) seen.push(header!.sequence);
        }
      }
    })();
    let next = 1;
    let done = false;
    const writing = (async () => {
      for (; !done; next++) {
        await until('it is taken', () => log.append(stream, 0, [record(next)]).then(() => true));
        await delay(10);
      }
    })();
    await until('records flow', () => seen.length > 20);

    const hung = await kafka.leaderOf(topicOf(stream), 0);
    hung.stop();
    const before = next;
    await until('records flow again', () => (seen.at(-1) ?? 0) > before + 20);
    expect(await kafka.leaderOf(topicOf(stream), 0)).not.toBe(hung);
    // Short requests also find their way while the broker hangs.
    await log.ping();
    await take(log, stream, { at: 'keyframe' }, 1);
    await log.bounds(stream, 0);

    hung.cont();
    await kafka.untilInSync();
    const then = next;
    await until('records flow as before', () => (seen.at(-1) ?? 0) > then + 20);
    done = true;
    await writing;
    await until('all is read', () => seen.at(-1) === next - 1);
    expect(seen).toEqual(Array.from({ length: next }, (_, n) => n));
    stop.abort();
    await reading;
  });
});
