import path from 'node:path';
import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { streamId } from '@topicast/contracts/stream-id';
import {
  producerKey,
  STATUS_TABLE,
  STREAMS_TABLE,
  type StreamStatus,
  streamStatusKey,
} from '@topicast/contracts/tables';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readProducerConfig } from '../config.js';
import { startProducer } from '../producer.js';
import { TestGroup } from '../testing/test-group.js';

const logger = pino({ enabled: false });
const CAM = streamId('cam');

/** All chunks of a stream so far. */
async function chunksOf(log: ChunkLog): Promise<ChunkHeader[]> {
  const headers: ChunkHeader[] = [];
  const { next } = await log.bounds(CAM, 0);
  for await (const records of log.tail(CAM, 0, { at: 'earliest' }, AbortSignal.timeout(10_000))) {
    headers.push(...records.map(({ header }) => header!));
    if (records.at(-1)!.offset >= next - 1) break;
  }
  return headers;
}

/**
 * A session follows without a gap: its first chunk, a keyframe, is in the log before the previous encoder ends, which
 * still writes what it has in hand. Readers change over at that chunk. How far its wall clock is from that of the chunk
 * before says nothing: an encoder that gets no processor time runs behind the wall clock, with or without a hand-over.
 */
function expectSeamless(headers: readonly ChunkHeader[], session: number): void {
  const begin = headers.findIndex((chunk) => chunk.session === session);
  expect(headers[begin]).toMatchObject({ sequence: 0, keyframe: true });
  const before = headers[begin - 1]!.session;
  expect(before).toBeLessThan(session);
  expect(headers.slice(begin).some((chunk) => chunk.session === before)).toBe(true);
}

describe('several producers on one log', () => {
  it('take over the streams of a killed producer, and hand over without a gap', async () => {
    using folder = temporaryFolder();
    const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
    const streams = await log.table(STREAMS_TABLE);
    const table = await log.table(STATUS_TABLE);
    const status = (): StreamStatus => JSON.parse(table.get(streamStatusKey(CAM)) ?? '{}');
    const group = new TestGroup();
    const start = (id: string) =>
      startProducer({
        log: group.logOf(id, log),
        ...{ logger, inputs: [], config: readProducerConfig({ TOPICAST_PRODUCER_ID: id }) },
      });
    const liveAt = (id: string) =>
      until(`${id} has it`, () => status().state === 'live' && status().producer === id && status());

    // A producer that was killed a moment ago: its row says live, its heartbeat is still fresh.
    await table.put(producerKey('gone'), JSON.stringify({ at: new Date().toISOString() }));
    const left = { producer: 'gone', state: 'live', session: Date.now() + 3_600_000 };
    await table.put(streamStatusKey(CAM), JSON.stringify({ ...left, encoderLog: [], restarts: 0 }));
    const row = { id: CAM, title: 'cam', source: { kind: 'test' }, enabled: true, startCount: 0 };
    const createdAt = new Date().toISOString();
    await streams.put(CAM, JSON.stringify({ ...row, createdAt }));

    const [one, two] = await Promise.all([start('one'), start('two')]);
    group.give('one');
    const first = await liveAt('one');
    expect(first.session).toBeGreaterThan(left.session);

    // A rebalance: the old producer keeps encoding until the new one is there, and no longer.
    group.give('two');
    const second = await liveAt('two');
    const newestOf = async (session: number) =>
      (await chunksOf(log)).findLastIndex((chunk) => chunk.session === session);
    let last = -1;
    await until('the one before is silent', async () => {
      const newest = await newestOf(first.session!);
      const same = newest === last && (await newestOf(second.session!)) > newest + 30;
      last = newest;
      return same;
    });
    expectSeamless(await chunksOf(log), second.session!);

    // The holder leaves in order: the same.
    const closing = two.close();
    const third = await liveAt('one');
    await closing;
    expect(third.session).toBeGreaterThan(second.session!);
    expectSeamless(await chunksOf(log), third.session!);
    expect(status()).toMatchObject({ producer: 'one', state: 'live' });

    // Nobody is left: nothing to wait for.
    await one.close();
    expect(status().state).toBe('offline');
    await log.close();
  });
});
