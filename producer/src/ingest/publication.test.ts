import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { TransportWriter } from '@topicast/media/mpegts';
import { NAL_FORMATS, readAudioSpecificConfig, STREAM_TYPE_ADTS, toAdts } from '@topicast/media/stored';
import { headerOf } from '@topicast/test/headers';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readProducerConfig } from '../config.js';
import { ProducerMetrics } from '../health/metrics.js';
import type { Outlet } from '../publish/outlet.js';
import type { PublishedSession } from '../publish/stream-publisher.js';
import { StatusWriter } from '../status/status-writer.js';
import { type Change, LaggingTable } from '../testing/lagging-table.js';
import { NO_FFMPEG, NO_GUARD } from '../testing/no-ffmpeg.js';
import { NO_REELS } from '../testing/reels.js';
import { Publication } from './publication.js';

const STREAM = streamId('show');
const logger = pino({ enabled: false });
const ROW: StreamRow = {
  ...{ id: STREAM, title: 'show', source: { kind: 'ingest' }, enabled: true, startCount: 0 },
  ...{ createdAt: '2026-01-01T00:00:00Z', incarnation: 'a', ingestKeyHash: 'h', visibility: 'public' },
};
const CLAIMED: StreamStatus = {
  ...{ producer: 'me', session: 7, state: 'starting', notes: [], encoderLog: [] },
  ...{ restarts: 0, droppedChunks: 0 },
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A table whose changes are seen at once. */
function table(): LaggingTable {
  const log: Change[] = [];
  const made = new LaggingTable(log, (change) => {
    log.push(change);
    made.read();
  });
  return made;
}

async function publication(newest: Partial<StreamRow> = {}) {
  const tables = new StreamTables({ streams: table(), status: table() });
  await tables.rows.put(STREAM, { ...ROW, ...newest });
  await tables.statuses.put(STREAM, CLAIMED);
  let begun: PublishedSession | undefined;
  const publisher = {
    state: { queued: 0, dropped: 0, trouble: undefined },
    beginSession: (session: PublishedSession) => {
      begun = session;
    },
    push: () => undefined,
    lose: () => undefined,
    changeRenditions: () => undefined,
  };
  const status = new StatusWriter(tables.statuses, STREAM, CLAIMED, logger);
  const made = new Publication({
    ...{
      row: ROW,
      place: 'primary',
      backAfter: undefined,
      session: 7,
      me: 'me',
      tables,
      status,
      logger,
      metrics: new ProducerMetrics(),
    },
    outlet: {
      ...{ publisher, countDrops: () => undefined, seenInTopic: undefined },
      ...{ prepare: async () => 0, widen: async () => undefined, close: async () => undefined },
    } as unknown as Outlet,
    stopping: new AbortController(),
    ...{ gap: milliseconds(60_000), reels: NO_REELS, isStaying: () => true },
    tools: { ffmpeg: NO_FFMPEG, guard: NO_GUARD, encoding: readProducerConfig({}).encoding },
  });
  let index = 0;
  return {
    publication: made,
    current: () => status.current,
    /** Chunks 25 times a second, as an encoder sends them. */
    async send(what: 'picture' | 'sound' | 'nothing', seconds: number) {
      for (let count = 0; count < seconds * 25; count++) {
        const header = { ...headerOf(index++), audioOnly: what === 'sound' };
        if (what !== 'nothing') begun?.onRecord(0, { header, value: new Uint8Array(188) });
        await vi.advanceTimersByTimeAsync(40);
      }
    },
    async [Symbol.asyncDispose]() {
      made.seatOf('primary').leave({ why: 'gone' });
      await made.ended;
      tables.close();
    },
  };
}

it('says that no picture comes any more, until one does', async () => {
  await using one = await publication();
  await one.send('picture', 4);
  expect(one.current().state).toBe('live');
  const missing = expect.arrayContaining([expect.stringContaining('Sound comes, but no picture')]);
  await one.send('sound', 4);
  expect(one.current().notes).not.toEqual(missing);
  await one.send('sound', 3);
  expect(one.current().notes).toEqual(missing);
  await one.send('nothing', 6);
  expect(one.current().notes).toContainEqual(expect.stringContaining('Neither picture nor sound'));
  await one.send('picture', 2);
  expect(one.current().notes).not.toContainEqual(expect.stringContaining('no picture:'));
  expect(one.current().notes).not.toContainEqual(expect.stringContaining('Neither'));
});

it('says that sound comes while a keyframe does not', async () => {
  await using one = await publication();
  const aac = readAudioSpecificConfig(Uint8Array.of(0x11, 0x90))!;
  const video = {
    pid: 0x100,
    type: NAL_FORMATS.h264.streamType,
    streamId: 0xe0,
    descriptors: new Uint8Array(0),
  };
  const audio = { pid: 0x101, type: STREAM_TYPE_ADTS, streamId: 0xc0, descriptors: new Uint8Array(0) };
  const writer = new TransportWriter();
  one.publication.seatOf('primary').take(writer.announce([video, audio]));
  await one.send('nothing', 7);
  expect(one.current().problem).toContain('no keyframe, and no sound');
  for (let frame = 0; frame < 20; frame++) {
    const payload = toAdts(aac, new Uint8Array(100))!;
    const pts = frame * 1920;
    one.publication.seatOf('primary').take(writer.unit(audio, { payload, pts, dts: pts, isKey: true }));
  }
  await one.send('nothing', 2);
  expect(one.current()).toMatchObject({ state: 'starting' });
  expect(one.current().problem).toContain('Sound comes, but no keyframe');
});

it('says how much was left out', async () => {
  await using one = await publication();
  one.publication.seatOf('primary').note({ notes: [], damaged: 12 });
  await one.send('picture', 2);
  expect(one.current().notes).toContainEqual(expect.stringContaining('left out so far: 12'));
});

it('forgets a takeover after a minute', async () => {
  await using one = await publication();
  one.publication.remark('It has taken over.');
  await one.send('picture', 58);
  expect(one.current().notes).toContain('It has taken over.');
  await one.send('picture', 4);
  expect(one.current().notes).not.toContain('It has taken over.');
});

it.each([
  ['was stopped', { enabled: false }],
  ['was renewed', { ingestKeyHash: 'other' }],
  ['was deleted', { incarnation: 'b' }],
])('ends at once if the stream or its key %s before it began', async (words, newest) => {
  await using one = await publication(newest);
  expect(one.publication.isOver).toBe(true);
  expect((one.publication.seatOf('primary').dismissed.reason as Error).message).toContain(words);
});
