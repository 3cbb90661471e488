import { setTimeout as sleep } from 'node:timers/promises';
import { type StreamId, streamId, topicOf } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteExactViewer } from '../support/byte-exact-viewer.js';
import { untilAllExact } from '../support/exactness.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { numberedChunk } from '../support/numbered-chunks.js';
import { until } from '../support/poll.js';
import { logger, type Services, startServices, testInput } from '../support/services.js';

const reason = kafkaUnavailable();
const CHUNK_BYTES = 6_000;
const SESSION = 1_795_000_000_000;
const [FOREIGN, NAMED, OTHER] = [streamId('foreign'), streamId('named'), streamId('other')];
const ENCODED = 'encoded';

/** Somebody uses the broker's own tools, and we are not told. */
describe.skipIf(reason)(`a topic deleted while it is watched${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  let admin: Admin;
  let log: ChunkLog;
  let services: Services;
  const viewers: ByteExactViewer[] = [];
  let other: ByteExactViewer;
  let written = 0;
  let isOver = false;
  let writing: Promise<void>;

  beforeAll(async () => {
    broker = await startKafka();
    admin = new Kafka({ brokers: broker.brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
    for (const stream of [FOREIGN, NAMED, OTHER]) await make(stream);
    services = await startServices({ log, inputs: [testInput(ENCODED)] });
    await services.api('POST', '/api/streams', { id: NAMED, title: 'Named', source: { kind: 'topic' } });
    writing = (async () => {
      for (; !isOver; written += 1) {
        await log.append(OTHER, 0, [numberedChunk(SESSION, written, CHUNK_BYTES, Date.now())]);
        await sleep(10);
      }
    })();
    other = await watch(OTHER);
  });
  afterAll(async () => {
    isOver = true;
    await writing;
    for (const viewer of viewers) viewer.close();
    await admin?.disconnect();
    await services?.close();
    await broker?.stop();
  });

  const make = (stream: StreamId): Promise<void> =>
    log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(3_600_000) });
  const append = async (stream: StreamId, session: number, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await log.append(stream, 0, [numberedChunk(session, n, CHUNK_BYTES, Date.now())]);
    }
  };
  const watch = async (stream: string): Promise<ByteExactViewer> => {
    await until('the gateway knows the stream', async () => {
      const { status } = await services.api('GET', `/api/streams/${stream}`);
      return status === 200;
    });
    const viewer = new ByteExactViewer([services.address(stream)]);
    viewers.push(viewer);
    return viewer;
  };
  const remove = (stream: string): Promise<void> =>
    admin.deleteTopics({ topics: [topicOf(streamId(stream))] });
  /** The other stream's viewer has missed nothing and noticed nothing. */
  const otherIsExact = async (): Promise<void> => {
    const { length } = other.arrivals;
    await until('the other stream goes on', () => other.arrivals.length > length + 20);
    expect(other.jumps).toEqual([]);
    expect(other.endings).toEqual([]);
  };

  it('a stream that is nothing but its topic ends with it: 4410', async () => {
    await append(FOREIGN, SESSION, 5);
    const viewer = await watch(FOREIGN);
    await until('it watches', () => viewer.arrivals.length === 5);
    await remove(FOREIGN);
    await until('it is told', () => viewer.endings.length > 0);
    expect(viewer.endings[0]?.why).toBe('closed with 4410');
    await otherIsExact();
  });

  it('one that has a row waits until its topic is created again, and continues with another session', async () => {
    await append(NAMED, SESSION, 60);
    const viewer = await watch(NAMED);
    await append(NAMED, SESSION + 1, 31);
    await until('it watches', () => viewer.arrivals.at(-1)?.session === SESSION + 1);
    await remove(NAMED);
    // The gateway looks for the topic every second, and finds nothing.
    await sleep(2_000);
    await until('its name is free', () => make(NAMED).then(() => true));
    viewer.jumps.length = 0;
    await append(NAMED, SESSION + 2, 5);
    await until('it goes on', () => viewer.arrivals.at(-1)?.sequence === 4);
    const anew = viewer.arrivals.filter(({ session }) => session === SESSION + 2);
    expect(anew.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(viewer.jumps).toMatchObject([{ reason: 'session' }]);
    expect(viewer.endings).toEqual([]);
    await otherIsExact();
  });

  it('one that we encode continues in a new topic, by itself and with the same encoder', async () => {
    await services.untilState(ENCODED, 'live');
    const viewer = await watch(ENCODED);
    await until('it watches', () => viewer.arrivals.length > 10);
    await remove(ENCODED);
    const before = viewer.arrivals.length;
    await until('it goes on', () => viewer.arrivals.length > before + 60);
    const offsets = viewer.arrivals.map(({ offset }) => offset);
    const first = offsets.findIndex((offset, index) => index > 0 && offset < offsets[index - 1]!);
    expect(first).toBeGreaterThan(0);
    const [last, next] = [viewer.arrivals[first - 1]!, viewer.arrivals[first]!];
    expect(next.session).toBe(last.session);
    expect(next.sequence).toBeGreaterThan(last.sequence);
    expect(viewer.jumps.map(({ reason: why }) => why)).toEqual(['session']);
    expect(viewer.endings).toEqual([]);
    await otherIsExact();
  });

  it('and of the other stream nothing was lost, doubled or changed', async () => {
    isOver = true;
    await writing;
    await untilAllExact([other], () => ({ session: SESSION, chunkBytes: CHUNK_BYTES, count: written }));
  });
});
