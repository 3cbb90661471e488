import type { StreamInfo } from '@topicast/contracts/http';
import type { ChunkLog } from '@topicast/log';
import { type Processors, readProcessorsConfig, startProcessors } from '@topicast/processors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FFMPEG } from '../support/ffprobe.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { until } from '../support/poll.js';
import { logger, type Services, startServices, testInput } from '../support/services.js';

const startOn = (log: ChunkLog): Promise<Processors> =>
  startProcessors({
    log,
    config: readProcessorsConfig({ TOPICAST_THUMBNAIL_SECONDS: '2' }),
    ffmpegPath: FFMPEG,
    logger,
  });

/** Resolves with the tag of a picture that is not this one. */
const pictureAfter = (services: Services, tag: string | null): Promise<string> =>
  until('there is a new picture', async () => {
    const url = `http://127.0.0.1:${services.gateway.port}/api/streams/card/thumbnail.jpg`;
    const response = await fetch(url);
    if (!response.ok || response.headers.get('etag') === tag) return false;
    const jpeg = Buffer.from(await response.arrayBuffer());
    expect(jpeg.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    return response.headers.get('etag') ?? false;
  });

const analysisOf = (services: Services) =>
  until('somebody looks and listens', async () => {
    const { body } = await services.api('GET', '/api/streams/card');
    const { analysis } = body as StreamInfo;
    return analysis ?? false;
  });

describe('processors beside a producer and a gateway on the embedded log', () => {
  it('make thumbnails, find nothing wrong with the test picture, and say nothing of a stream that has ended', async () => {
    const services = await startServices({ inputs: [testInput('card')] });
    const processors = await startOn(services.log);
    try {
      await pictureAfter(services, await pictureAfter(services, null));
      const analysis = await analysisOf(services);
      expect(analysis.findings).toEqual([]);
      const status = await services.log.table('topicast.status');
      expect(status.get('analysis/card')).toBeDefined();
      await services.api('POST', '/api/streams/card/stop');
      await until('its row is gone', () => status.get('analysis/card') === undefined);
      await pictureAfter(services, null);
      await services.api('DELETE', '/api/streams/card');
      const thumbnails = await services.log.table('topicast.thumbnails');
      await until('its picture is gone', () => thumbnails.get('card') === undefined);
    } finally {
      await processors.close();
      await services.close();
    }
  });
});

const reason = kafkaUnavailable();

describe.skipIf(reason)(
  `two processes of them on a real Kafka${reason ? ` (SKIPPED: ${reason})` : ''}`,
  () => {
    let broker: Broker;
    let services: Services;
    const logs: ChunkLog[] = [];
    const open = async (): Promise<ChunkLog> => {
      const log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
      logs.push(log);
      return log;
    };
    beforeAll(async () => {
      broker = await startKafka();
      services = await startServices({ log: await open(), inputs: [testInput('card')] });
    });
    afterAll(async () => {
      await services?.close();
      for (const log of logs) await log.close();
      await broker?.stop();
    });

    it('share the streams, and whoever is left goes on', async () => {
      const one = await startOn(await open());
      await pictureAfter(services, null);
      const other = await startOn(await open());
      await one.close();
      await pictureAfter(services, await pictureAfter(services, null));
      expect((await analysisOf(services)).findings).toEqual([]);
      await other.close();
    });
  },
);
