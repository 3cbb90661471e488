import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { DESTINATIONS_TABLE, DestinationTables, destinationKey } from '@topicast/contracts/destination';
import type { CreatedStream } from '@topicast/contracts/http';
import type { StreamEvents } from '@topicast/contracts/stream-event';
import type { StreamHealth } from '@topicast/contracts/stream-health';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { type ChunkLog, openEvents, STREAM_EVENTS } from '@topicast/log';
import { type Producer, readProducerConfig, startProducer } from '@topicast/producer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startChildScript } from '../support/child-script.js';
import { endWithUs } from '../support/end-with-us.js';
import { messagesOf } from '../support/flv-film.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { nginxRtmpUnavailable, startNginxRtmp } from '../support/nginx-rtmp.js';
import { OnAir } from '../support/on-air.js';
import { until } from '../support/poll.js';
import { rawViewer } from '../support/raw-viewer.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { logger, type Services, startServices } from '../support/services.js';
import { TestEncoder } from '../support/test-encoder.js';
import { WEBHOOK_SECRET, webhookReceiver } from '../support/webhook-receiver.js';

const reason = kafkaUnavailable();

describe.skipIf(reason)(`RTMP on a real Kafka${reason ? ` (SKIPPED: ${reason})` : ''}`, () => {
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

  it('an encoder is taken by either of two producers, and the one that comes later is on air', async () => {
    const { body } = await services.api('POST', '/api/streams', { id: 'show', source: { kind: 'ingest' } });
    const { key } = (body as CreatedStream).ingest!;
    const addressAt = ({ rtmpPort }: Producer): string => `rtmp://127.0.0.1:${rtmpPort}/live/${key}`;

    await using first = startRtmpEncoder(addressAt(services.producer));
    const { session } = await services.untilState('show', 'live');
    const viewer = await rawViewer(services.address('show'));
    await viewer.untilBytes(50_000);

    // The figures of both kinds of processes, by the log.
    const health = await until('the viewer is in the figures', async () => {
      const { body } = await services.api('GET', '/api/streams/show/health');
      const { newest } = body as StreamHealth;
      return newest.audience?.viewers === 1 && newest.producer && (body as StreamHealth);
    });
    expect(health.newest.producer).toMatchObject({ process: 'one', session, way: 'sent' });

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
    await until('all producers have told what happened', async () => {
      const { events } = (await services.api('GET', '/api/streams/show/events')).body as StreamEvents;
      return events.filter(({ event }) => event.kind === 'live').length >= 2;
    });
  });

  it.skipIf(nginxRtmpUnavailable)(
    'a destination moves to another process when its own is killed, and webhooks go on',
    async () => {
      await using receiver = await webhookReceiver();
      await using nginx = await startNginxRtmp();
      const log = await open();
      onTestFinished(() => log.close());
      await using encoder = await TestEncoder.create(log, 'moving');
      await encoder.restart();
      const [streams, status, destinations] = await Promise.all(
        [STREAMS_TABLE, STATUS_TABLE, DESTINATIONS_TABLE].map((name) => log.table(name)),
      );
      const tables = new DestinationTables({ destinations: destinations!, status: status! });
      const createdAt = new Date().toISOString();
      const row = { id: 'moving', title: 'Moving', source: { kind: 'topic' }, enabled: true, createdAt };
      await streams!.put('moving', JSON.stringify(row));
      using _onAir = await OnAir.begin({ streams: streams!, status: status! }, encoder.id);
      const url = nginx.address('recording', 'a-key');
      const destination = { id: randomUUID(), stream: 'moving', createdAt, url };
      const key = destinationKey(destination);
      await tables.rows.put(key, destination);
      const children = await Promise.all([1, 2].map(() => startProcessorsIn(broker, receiver.url)));
      const events = await openEvents(log, STREAM_EVENTS);
      await events.append([{ key: 'moving', event: { kind: 'failed', at: 1 } }]);
      const ownerAfter = (before?: string) =>
        until('one of them sends it', () => {
          const shown = tables.statuses.get(key);
          return shown?.health.state === 'live' && shown.processor !== before && shown.processor;
        });
      const first = await ownerAfter();
      children.find(({ pid }) => first.endsWith(`-${pid}`))!.kill('SIGKILL');
      await events.append([{ key: 'moving', event: { kind: 'failed', at: 2 } }]);
      const second = await ownerAfter(first);
      expect(children.some(({ pid }) => second.endsWith(`-${pid}`))).toBe(true);
      // There may be three: the group may have moved it already when the second process joined.
      await until('the other one sends media', () => {
        const films = nginx.recordings().map((film) => messagesOf(film).length);
        return films.length > 1 && films.at(-1)! > 20;
      });
      const told = () => {
        const messages = receiver.received.filter(({ body }) => body.stream === 'moving');
        return [...new Map(messages.map(({ body }) => [body.id, body.at])).values()];
      };
      await until('the receiver was told of both', () => told().length === 2);
      expect(told()).toEqual([1, 2]);
      expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
    },
  );
});

async function startProcessorsIn({ brokers }: Broker, webhook: string): Promise<ChildProcess> {
  const script = path.join(import.meta.dirname, '../support/processors-process.ts');
  const settings = {
    TOPICAST_ALLOW_PRIVATE_URLS: '1',
    TOPICAST_ANALYSE: 'off',
    TOPICAST_THUMBNAIL_SECONDS: 'off',
    ...{ TOPICAST_WEBHOOK_URLS: webhook, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
  };
  const child = await startChildScript(script, [], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KAFKA_BROKERS: brokers, ...settings },
  });
  endWithUs(child);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}
