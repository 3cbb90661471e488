import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import {
  producerKey,
  STATUS_TABLE,
  STREAMS_TABLE,
  type StreamStatus,
  streamStatusKey,
} from '@topicast/contracts/tables';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readProducerConfig } from '../config.js';
import { startProducer } from '../producer.js';
import { eventually, temporaryFolder } from '../testing/support.js';

const logger = pino({ enabled: false });

describe('several producers on one log', () => {
  it('encode a stream once, hand it over in order, and take it over from one that falls silent', async () => {
    await using folder = await temporaryFolder();
    const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
    const streams = await log.table(STREAMS_TABLE);
    const table = await log.table(STATUS_TABLE);
    const status = (): StreamStatus => JSON.parse(table.get(streamStatusKey('cam')) ?? '{}');
    const start = (id: string) =>
      startProducer({ log, logger, inputs: [], config: readProducerConfig({ TOPICAST_PRODUCER_ID: id }) });

    // A producer that was killed a moment ago: its row says live, its heartbeat is still fresh.
    await table.put(producerKey('gone'), JSON.stringify({ at: new Date().toISOString() }));
    const left = {
      producer: 'gone',
      state: 'live',
      session: Date.now() + 3_600_000,
      encoderLog: [],
      restarts: 0,
    };
    await table.put(streamStatusKey('cam'), JSON.stringify(left));
    const row = {
      id: 'cam',
      title: 'cam',
      source: { kind: 'test' },
      enabled: true,
      startCount: 0,
      declaredBy: 'api',
    };
    await streams.put('cam', JSON.stringify({ ...row, createdAt: new Date().toISOString() }));

    const [one, two] = await Promise.all([start('one'), start('two')]);
    const claims = new Set<string>();
    const stopListening = table.onChange(() => status().state === 'live' && claims.add(status().producer));
    await eventually(() => status().state === 'live' && status().producer !== 'gone', 'somebody takes over');
    const first = status();
    expect(first.session).toBeGreaterThan(left.session);
    expect([...claims]).toEqual(['gone', first.producer].filter((id) => claims.has(id)));

    const [holder, other] = first.producer === 'one' ? [one, two] : [two, one];
    await holder.close();
    await eventually(
      () => status().state === 'live' && status().producer === other.id,
      'the other one goes on',
    );
    expect(status().session).toBeGreaterThan(first.session!);
    stopListening();
    await other.close();
    expect(status().state).toBe('offline');

    // What readers rely on: sessions never go back in the topic.
    let last = 0;
    const { next } = await log.bounds(streamId('cam'), 0);
    for await (const records of log.tail(
      streamId('cam'),
      0,
      { at: 'earliest' },
      AbortSignal.timeout(10_000),
    )) {
      for (const { header } of records) {
        expect(header!.session).toBeGreaterThanOrEqual(last);
        last = header!.session;
      }
      if (records.at(-1)!.offset >= next - 1) break;
    }
    await log.close();
  });
});
