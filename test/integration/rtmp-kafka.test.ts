import type { CreatedStream } from '@topicast/contracts/http';
import type { ChunkLog } from '@topicast/log';
import { type Producer, readProducerConfig, startProducer } from '@topicast/producer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { rawViewer } from '../support/raw-viewer.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { logger, type Services, startServices } from '../support/services.js';

const reason = kafkaUnavailable();

describe.skipIf(reason)(
  `an encoder that publishes to one of two producers on a real Kafka${reason ? ` (SKIPPED: ${reason})` : ''}`,
  () => {
    let broker: Broker;
    let services: Services;
    let other: Producer;
    let otherLog: ChunkLog;
    const open = () => openKafkaLog({ brokers: broker.brokers.split(','), logger });

    beforeAll(async () => {
      broker = await startKafka();
      services = await startServices({ log: await open(), environment: { TOPICAST_PRODUCER_ID: 'one' } });
      const config = readProducerConfig({ TOPICAST_PRODUCER_ID: 'other', TOPICAST_RTMP_PORT: '0' });
      otherLog = await open();
      other = await startProducer({ log: otherLog, config, logger, inputs: [] });
    });
    afterAll(async () => {
      await other?.close();
      await otherLog?.close();
      await services?.close();
      await broker?.stop();
    });

    it('is taken by either, and the one that comes later is on air', async () => {
      const { body } = await services.api('POST', '/api/streams', { id: 'show', source: { kind: 'ingest' } });
      const { key } = (body as CreatedStream).ingest!;
      const addressAt = ({ rtmpPort }: Producer): string => `rtmp://127.0.0.1:${rtmpPort}/live/${key}`;

      await using first = startRtmpEncoder(addressAt(services.producer));
      const { session } = await services.untilState('show', 'live');
      const viewer = await rawViewer(services.address('show'));
      await viewer.untilBytes(50_000);

      await using second = startRtmpEncoder(addressAt(other));
      await first.ended;
      const after = await services.untilState('show', 'live');
      expect(after.session).toBeGreaterThan(Number(session));
      await viewer.untilBytes(viewer.bytes().byteLength + 100_000);

      // It ends, and its encoder comes back to the one that is left.
      await other.close();
      await second.ended;
      await using _third = startRtmpEncoder(addressAt(services.producer));
      await viewer.untilBytes(viewer.bytes().byteLength + 100_000);
      const last = await services.untilState('show', 'live');
      expect(last.session).toBeGreaterThan(Number(after.session));
      viewer.close();
    });
  },
);
