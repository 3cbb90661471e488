import { streamId, topicOf } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterUnavailable, type KafkaCluster, startKafkaCluster } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { numberedChunk } from '../support/numbered-chunks.js';
import { until } from '../support/poll.js';
import { logger } from '../support/services.js';

const reason = clusterUnavailable();

describe.skipIf(reason)(`three brokers${reason ? ` (${reason})` : ''}`, () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafkaCluster(3);
  });
  afterAll(async () => {
    await cluster?.close();
  });

  it('take writes while one is killed, is started again, or hangs', async () => {
    const log = await openKafkaLog({ brokers: cluster.brokers.split(','), logger });
    const stream = streamId('numbers');
    await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(600_000) });
    let sequence = 0;
    const write = async () => {
      const chunk = numberedChunk(1, sequence++, 1000);
      await until('it is written', () => log.append(stream, 0, [chunk]).then(() => true));
    };
    await write();
    const first = await cluster.leaderOf(topicOf(stream), 0);
    await first.kill();
    await write();
    const second = await cluster.leaderOf(topicOf(stream), 0);
    expect(second.id).not.toBe(first.id);
    await first.restart();
    await cluster.untilInSync();
    second.stop();
    await write();
    second.cont();
    await cluster.untilInSync();
    expect(await log.bounds(stream, 0)).toMatchObject({ earliest: 0 });
    await log.close();
  });
});
