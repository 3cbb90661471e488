import { milliseconds } from '@topicast/contracts/units';
import { type Broker, kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newStream, record, sequences, take } from '../../testing/support.js';
import type { KafkaLogOptions } from '../index.js';

const reason = kafkaUnavailable();

describe.skipIf(reason)(`the topics in a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  let admin: Admin;
  beforeAll(async () => {
    broker = await startKafka();
    admin = new Kafka({ brokers: broker.brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await broker?.stop();
  });

  const open = (options: Partial<KafkaLogOptions> = {}) =>
    openKafkaLog({ brokers: broker.brokers.split(','), ...options });

  async function configOf(name: string): Promise<Record<string, string>> {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name }];
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    return Object.fromEntries(
      described.resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  }
  const settings = (minutes: number) => ({ partitions: 2, retentionMs: milliseconds(minutes * 60_000) });

  it('are as the settings say', async () => {
    const log = await open({ replicationFactor: 1, segmentBytes: 2 ** 25, maxMessageBytes: 2 ** 24 });
    const stream = newStream();
    await log.createTopic(stream, settings(60));
    expect(await configOf(`live.${stream}`)).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '3600000',
      'retention.bytes': '-1',
      'segment.ms': '450000',
      'segment.bytes': String(2 ** 25),
      'max.message.bytes': String(2 ** 24),
      'min.insync.replicas': '1',
      'message.timestamp.type': 'LogAppendTime',
      'compression.type': 'producer',
    });
    await log.close();
  });

  it('take a new retention, and keep all else that was set for them', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const log = await open({ logger });
    const stream = newStream();
    const topic = `live.${stream}`;
    await log.createTopic(stream, settings(60));
    const configEntries = [
      { name: 'max.message.bytes', value: '9000000' },
      { name: 'retention.ms', value: '3600000' },
      { name: 'flush.messages', value: '100' },
    ];
    const change = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [change] });
    await log.createTopic(stream, { ...settings(30), partitions: 1 });
    // A broker learns about it a moment after the controller.
    await expect
      .poll(() => configOf(topic))
      .toMatchObject({
        'retention.ms': '1800000',
        'segment.ms': '225000',
        'max.message.bytes': '9000000',
        'flush.messages': '100',
      });
    expect(lines).toEqual([expect.stringContaining('retention.ms 3600000 -> 1800000')]);
    await expect
      .poll(async () => {
        await log.createTopic(stream, settings(30));
        return lines.length;
      })
      .toBe(1);
    await log.append(stream, 1, [record(0)]);
    await log.close();
  });

  it('of installations that share a cluster are kept apart by their prefixes', async () => {
    const [one, other, plain] = await Promise.all([
      open({ topicPrefix: 'one.' }),
      open({ topicPrefix: 'other_' }),
      open(),
    ]);
    const stream = newStream();
    await Promise.all([one, other].map((log) => log.createTopic(stream, settings(60))));
    await one.append(stream, 0, [record(1)]);
    await other.append(stream, 0, [record(2)]);
    expect(await one.topics()).toEqual([stream]);
    expect(await other.topics()).toEqual([stream]);
    expect(await plain.topics()).not.toContain(stream);
    expect(sequences(await take(one, stream, { at: 'earliest' }, 1))).toEqual([1]);
    const tables = await Promise.all([one, other].map((log) => log.table('topicast.streams')));
    await tables[0]!.put(stream, 'mine');
    expect(tables[1]!.get(stream)).toBeUndefined();
    const known = await admin.listTopics();
    expect(known).toEqual(
      expect.arrayContaining([`one.live.${stream}`, `other_live.${stream}`, 'one.topicast.streams']),
    );
    await one.deleteTopic(stream);
    expect(await other.topics()).toEqual([stream]);
    await Promise.all([one, other, plain].map((log) => log.close()));
  });

  it('that hold tables are compacted, with 32 partitions for the streams', async () => {
    const log = await open({ topicPrefix: 'tables.' });
    await log.table('topicast.streams');
    const { topics } = await admin.fetchTopicMetadata({ topics: ['tables.topicast.streams'] });
    expect(topics[0]!.partitions).toHaveLength(32);
    expect(await configOf('tables.topicast.streams')).toMatchObject({ 'cleanup.policy': 'compact' });
    await log.close();
  });
});
