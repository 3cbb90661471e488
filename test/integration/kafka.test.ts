import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StreamInfo } from '@topicast/contracts/http';
import type { SourceLook } from '@topicast/contracts/look';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import { videoOf } from '@topicast/contracts/tracks';
import { milliseconds } from '@topicast/contracts/units';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, FFMPEG } from '../support/ffprobe.js';
import { footage } from '../support/footage.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { until } from '../support/poll.js';
import { rawViewer } from '../support/raw-viewer.js';
import { logger, type Services, startServices, testInput } from '../support/services.js';

const reason = kafkaUnavailable();

describe.skipIf(reason)(`on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  let services: Services;
  const film = footage('flower.mp4');

  beforeAll(async () => {
    broker = await startKafka();
    const log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
    services = await startServices({
      ...{ log, inputs: [testInput('demo')] },
      environment: { TOPICAST_MEDIA_DIRS: path.dirname(film.path) },
    });
  });
  afterAll(async () => {
    await services?.close();
    await broker?.stop();
  });

  it('the stream reaches a raw viewer', async () => {
    await services.untilState('demo', 'live');
    const viewer = await rawViewer(services.address('demo'));
    const decoded = await decode(await viewer.untilBytes(200_000));
    viewer.close();
    expect(decoded).toMatchObject({ complaints: [], hasAudio: true });
  });

  it('a producer looks into a source for a gateway', async () => {
    const source = { kind: 'file', path: film.path };
    // The group of producers needs a moment to share its work.
    const found = await until('a producer answers', async () => {
      const { status, body } = await services.api('POST', '/api/probe', { source });
      return status === 200 && (body as SourceLook);
    });
    expect(found.tracks).toMatchObject([{ codec: 'h264' }, { codec: 'aac' }]);
    expect(found.still).toBeDefined();
  });

  it('the topic piped into a decoder plays', async () => {
    await services.untilState('demo', 'live');
    const kafka = new Kafka({ brokers: broker.brokers.split(','), logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: 'any-other-program' });
    await consumer.connect();
    await consumer.subscribe({ topic: 'live.demo', fromBeginning: true });
    const values: Buffer[] = [];
    await consumer.run({
      eachMessage: async ({ message }) => void values.push(message.value ?? Buffer.alloc(0)),
    });
    await until('a hundred records have come', () => values.length > 100);
    await consumer.disconnect();
    const decoded = await decode(Buffer.concat(values));
    expect(decoded).toMatchObject({ complaints: [], hasAudio: true });
    expect(decoded.pictures).toBeGreaterThan(50);
  });

  it('a plain producer of 1,024-byte blocks, no header, no key, x264 at its defaults, plays', async () => {
    const id = streamId('plain');
    await services.log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
    const kafka = new Kafka({ brokers: broker.brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const inputs = '-re -f lavfi -i testsrc2=s=640x360:r=25 -re -f lavfi -i sine=f=330:r=44100';
    const ffmpeg = spawn(
      FFMPEG,
      `-v error -nostdin ${inputs} -pix_fmt yuv420p -c:v libx264 -c:a aac -f mpegts pipe:1`.split(' '),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let rest = Buffer.alloc(0);
    let sending = Promise.resolve();
    ffmpeg.stdout.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      const messages: { value: Buffer }[] = [];
      for (; rest.byteLength >= 1024; rest = rest.subarray(1024))
        messages.push({ value: rest.subarray(0, 1024) });
      if (messages.length > 0) {
        sending = sending.then(async () => void (await producer.send({ topic: topicOf(id), messages })));
      }
    });
    try {
      await services.untilState('plain', 'live');
      const viewer = await rawViewer(services.address('plain'));
      const bytes = await viewer.untilBytes(400_000);
      viewer.close();
      const decoded = await decode(bytes);
      expect(decoded.complaints).toEqual([]);
      expect(decoded.pictures).toBeGreaterThan(10);
      await until('its format is known', async () => {
        const { body } = await services.api('GET', '/api/streams/plain');
        return videoOf((body as StreamInfo).catalog?.renditions[0])?.width === 640;
      });
    } finally {
      ffmpeg.kill('SIGKILL');
      // What was in the pipe still comes, and must not be sent by a producer that has gone.
      ffmpeg.stdout.removeAllListeners('data');
      await sending;
      await producer.disconnect();
    }
  });
});

describe.skipIf(reason)('producer and gateway as separate processes', () => {
  let broker: Broker;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    broker = await startKafka();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => until('it has ended', () => child.exitCode !== null)));
    await broker?.stop();
  });

  const start = (name: string, args: string[], environment: Record<string, string>) => {
    const file = fileURLToPath(new URL(`../../start/dist/${name}.js`, import.meta.url));
    const child = spawn(process.execPath, [file, ...args], {
      env: { ...process.env, KAFKA_BROKERS: broker.brokers, ...environment },
      stdio: ['ignore', 'inherit', 'ignore'],
    });
    children.push(child);
    return child;
  };

  it('share nothing but Kafka, and go on when it comes back', async () => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    start('producer', ['--demo'], { TOPICAST_PRODUCER_ID: 'apart' });
    start('gateway', [], { TOPICAST_GATEWAY_PORT: String(port), TOPICAST_TOKEN: 'only-for-this-very-test' });
    const isLive = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/streams/demo`);
      return ((await response.json()) as { state?: string }).state === 'live';
    };
    await until('the stream is live', isLive);
    const viewer = await rawViewer(`ws://127.0.0.1:${port}/live/demo`);
    const before = (await viewer.untilBytes(300_000)).byteLength;
    if (broker.own) {
      await broker.kill();
      await broker.restart();
    }
    await viewer.untilBytes(before + 1_000_000);
    viewer.close();
  });
});
