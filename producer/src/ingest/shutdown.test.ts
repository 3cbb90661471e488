import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOfSecret } from '@topicast/contracts/ingest-key';
import { STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { startRtmpEncoder } from '@topicast/test/rtmp-encoder';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { readProducerConfig } from '../config.js';
import { startProducer } from '../producer.js';

it('an encoder at the door does not hold up the end of its producer', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  let isAtTheDoor = false;
  const patience = new AbortController();
  let closing = Number.NaN;
  let handedOver = Number.NaN;
  // As Kafka does while no broker answers.
  vi.spyOn(log, 'createTopic').mockImplementation(async () => {
    isAtTheDoor = true;
    await sleep(30_000, undefined, { signal: patience.signal });
  });
  const share = log.share.bind(log);
  vi.spyOn(log, 'share').mockImplementation(async (...wanted) => {
    const got = await share(...wanted);
    const leave = got.leave.bind(got);
    vi.spyOn(got, 'leave').mockImplementation(() => {
      handedOver = performance.now() - closing;
      return leave();
    });
    return got;
  });
  const row: StreamRow = {
    ...{ id: 'show', title: 'show', source: { kind: 'ingest' }, enabled: true, startCount: 0 },
    ...{ createdAt: new Date().toISOString(), incarnation: 'a', visibility: 'public' },
    ingestKeyHash: await hashOfSecret('right'),
  };
  await (await log.table(STREAMS_TABLE)).put('show', JSON.stringify(row));
  const config = readProducerConfig({ TOPICAST_RTMP_PORT: '0', TOPICAST_HOST: '127.0.0.1' });
  const logger = pino({ enabled: false });
  const producer = await startProducer({ log, config, logger, inputs: [] });
  await using _encoder = startRtmpEncoder(`rtmp://127.0.0.1:${producer.rtmpPort}/live/show.right`);
  await until('an encoder is at the door', () => isAtTheDoor);
  closing = performance.now();
  await producer.close();
  expect(handedOver).toBeLessThan(1_000);
  expect(performance.now() - closing).toBeLessThan(10_000);
  patience.abort();
  await log.close();
});
