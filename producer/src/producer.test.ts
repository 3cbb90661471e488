import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { lookRequestKey } from '@topicast/contracts/look-tables';
import { streamId } from '@topicast/contracts/stream-id';
import {
  producerKey,
  STATUS_TABLE,
  STREAMS_TABLE,
  type StreamRow,
  type StreamStatus,
  streamStatusKey,
} from '@topicast/contracts/tables';
import type { ChunkLog, LogRecord } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { footage } from '@topicast/test/footage';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { readProducerConfig } from './config.js';
import { findFfmpeg } from './ffmpeg/find.js';
import { type ProducerOptions, startProducer } from './producer.js';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });

async function setUp(inputs: ProducerOptions['inputs'], environment: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const config = readProducerConfig({ TOPICAST_PRODUCER_ID: 'here', ...environment });
  const producer = await startProducer({ log, config, logger, inputs });
  const streams = await log.table(STREAMS_TABLE);
  const table = await log.table(STATUS_TABLE);
  const status = (id: string): StreamStatus | undefined => {
    const text = table.get(streamStatusKey(id));
    return text === undefined ? undefined : JSON.parse(text);
  };
  return {
    ...{ folder: folder.path, log, producer, streams, table, status },
    put: (row: Partial<StreamRow> & Pick<StreamRow, 'id' | 'source'>) =>
      streams.put(
        row.id,
        JSON.stringify({
          ...{
            title: row.id,
            enabled: true,
            createdAt: new Date().toISOString(),
            startCount: 0,
            visibility: 'public',
          },
          ...row,
        }),
      ),
    async [Symbol.asyncDispose]() {
      await producer.close();
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}

/** The first records of a rendition that make up so many seconds of media. */
async function read(log: ChunkLog, id: string, seconds: number, rendition = 0): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  await until(`${id} has a topic`, async () => (await log.topics()).includes(streamId(id)));
  for await (const batch of log.tail(
    streamId(id),
    rendition,
    { at: 'earliest' },
    AbortSignal.timeout(40_000),
  )) {
    records.push(...batch);
    const [first, last] = [records[0]!.header!, records.at(-1)!.header!];
    if (last.decodeTime - first.decodeTime >= seconds * 90_000) return records;
  }
  throw new Error(`${id}: only ${records.length} records came`);
}

interface Decoded {
  readonly errors: string;
  readonly frames: number;
}

/** Decode what a topic holds with ffmpeg. */
async function decode(records: readonly LogRecord[], folder: string): Promise<Decoded> {
  const file = path.join(folder, 'topic.ts');
  await writeFile(file, Buffer.concat(records.map(({ value }) => value)));
  const { path: ffmpeg } = await findFfmpeg(process.env.FFMPEG_PATH);
  const args = [
    '-hide_banner',
    '-nostats',
    '-progress',
    'pipe:1',
    '-v',
    'error',
    '-i',
    file,
    '-f',
    'null',
    '-',
  ];
  const { stdout, stderr } = await promisify(execFile)(ffmpeg, args);
  return { errors: stderr, frames: Number(/.*frame=\s*(\d+)/s.exec(stdout)?.[1] ?? 0) };
}

describe('a producer', () => {
  it('streams the demo: one chunk a frame, in order, decodable, with a wall clock', async () => {
    await using setup = await setUp([{ id: 'demo', title: 'Demo', source: { kind: 'test' } }]);
    const { log, folder, status, streams } = setup;
    const records = await read(log, 'demo', 4);
    const headers = records.map(({ header }) => header!);

    expect(headers.map(({ sequence }) => sequence)).toEqual(headers.map((_, index) => index));
    expect(headers[0]).toMatchObject({ keyframe: true, discontinuity: true });
    expect(headers.slice(1).some(({ discontinuity }) => discontinuity)).toBe(false);
    const pictures = headers.filter(({ audioOnly }) => !audioOnly);
    for (const [index, { decodeTime, presentationOffset }] of pictures.entries()) {
      expect(presentationOffset).toBe(0);
      if (index > 0) expect(decodeTime - pictures[index - 1]!.decodeTime).toBe(3000);
    }
    expect(pictures.filter(({ keyframe }) => keyframe).length).toBeGreaterThanOrEqual(4);
    for (const { header, timestamp } of records) {
      expect(Math.abs(timestamp - header!.wallClock)).toBeLessThan(2_000);
    }
    expect(await decode(records, folder)).toEqual({ errors: '', frames: pictures.length });

    const live = await until('the demo is live', () => {
      const now = status('demo');
      return now?.state === 'live' && now.catalog?.renditions[0]?.bitrate !== undefined && now;
    });
    expect(live).toMatchObject({
      producer: 'here',
      session: headers[0]!.session,
      catalog: {
        session: headers[0]!.session,
        renditions: [
          {
            rendition: 0,
            tracks: [
              {
                ...{ kind: 'video', width: 1280, height: 720, frameRate: 30 },
                codec: expect.stringMatching(/^avc1\.64/),
              },
              { kind: 'audio', codec: 'mp4a.40.2', sampleRate: 48000, channels: 2 },
            ],
          },
        ],
      },
      restarts: 0,
      droppedChunks: 0,
    });
    expect(JSON.parse(streams.get('demo')!)).toMatchObject({ title: 'Demo', boundTo: 'here' });
  });

  it('streams real footage: VP8 film, and H.264 with B-frames, both encoded again, over the end of the file', async () => {
    const { path: ffmpeg } = await findFfmpeg(process.env.FFMPEG_PATH);
    const film = footage('tears-of-steel-clip.webm', ffmpeg);
    const flower = footage('flower.mp4', ffmpeg);
    console.log(`footage: film ${film.origin}, flower ${flower.origin}`);
    await using setup = await setUp([
      { id: 'film', source: { kind: 'file', path: film.path } },
      { id: 'flower', source: { kind: 'file', path: flower.path } },
    ]);
    // The second clip is 5 s long, so 8 s go past its end.
    const [filmRecords, flowerRecords] = await Promise.all([
      read(setup.log, 'film', 4),
      read(setup.log, 'flower', 8),
    ]);
    for (const records of [filmRecords, flowerRecords]) {
      const pictures = records.map(({ header }) => header!).filter(({ audioOnly }) => !audioOnly);
      expect(pictures.every(({ presentationOffset }) => presentationOffset === 0)).toBe(true);
      const steps = pictures
        .slice(1)
        .map(({ decodeTime }, index) => decodeTime - pictures[index]!.decodeTime);
      expect(Math.min(...steps)).toBeGreaterThan(0);
      expect(Math.max(...steps)).toBeLessThan(30_000);
      expect(records.slice(1).some(({ header }) => header!.discontinuity)).toBe(false);
      const decoded = await decode(records, setup.folder);
      expect(decoded).toEqual({ errors: '', frames: pictures.length });
    }
  });

  it('copies H.264 on request, and warns of B-frames and long GOPs', async () => {
    const { path: ffmpeg } = await findFfmpeg(process.env.FFMPEG_PATH);
    const file = footage('flower.mp4', ffmpeg).path;
    await using setup = await setUp([{ id: 'copy', source: { kind: 'file', path: file, copy: true } }]);
    // Past the end of the clip, because ffmpeg's bitstream filters do not survive a loop.
    const records = await read(setup.log, 'copy', 8);
    const pictures = records.map(({ header }) => header!).filter(({ audioOnly }) => !audioOnly);
    expect(pictures.some(({ presentationOffset }) => presentationOffset > 0)).toBe(true);
    expect(pictures.at(-1)!.decodeTime - pictures[0]!.decodeTime).toBeGreaterThan(7 * 90_000);
    expect(await decode(records, setup.folder)).toMatchObject({ frames: pictures.length });
    const warned = await until('a warning', () =>
      setup.status('copy')?.notes.find((note) => note.includes('B-frames')),
    );
    expect(warned).toContain('encode it again');
    expect(setup.status('copy')?.state).toBe('live');
  });

  it('says what is wrong with a source: no video, not there, outside the media folders, private, silent', async () => {
    await using setup = await setUp([]);
    const { folder, put, status } = setup;
    const text = path.join(folder, 'notes.txt');
    await writeFile(text, 'This is no video.\n'.repeat(200));
    await put({ id: 'outside', source: { kind: 'file', path: text } });
    await put({ id: 'private', source: { kind: 'url', url: 'http://127.0.0.1:9/x.ts' } });
    await put({ id: 'option', source: { kind: 'url', url: 'concat:/etc/passwd' } });
    await put({ id: 'device', source: { kind: 'device', path: '/dev/video0' } });
    const problemOf = (id: string) =>
      until(`${id} has failed`, () => status(id)?.state === 'failed' && status(id)?.problem);
    expect(await problemOf('outside')).toContain('TOPICAST_MEDIA_DIRS');
    expect(await problemOf('private')).toContain('private network');
    expect(await problemOf('option')).toContain('must begin with http://');
    expect(await problemOf('device')).toContain('command line');

    await using other = await setUp([
      { id: 'text', source: { kind: 'file', path: text } },
      { id: 'missing', source: { kind: 'file', path: path.join(folder, 'missing.mp4') } },
      { id: 'nobody', source: { kind: 'url', url: 'http://127.0.0.1:9/x.ts' } },
    ]);
    const otherProblemOf = (id: string) =>
      until(`${id} has failed`, () => other.status(id)?.state === 'failed' && other.status(id)?.problem);
    expect(await otherProblemOf('text')).toContain('no video or sound');
    expect(await otherProblemOf('missing')).toContain('no file');
    expect(await otherProblemOf('nobody')).toContain('refuses the connection');
    await until('it is tried again', () => (other.status('nobody')?.restarts ?? 0) >= 2);
    expect(other.status('text')?.encoderLog.length).toBeGreaterThan(0);
  });

  it('adds partitions to the topic of a stream that gets a ladder, and counts its GOPs on', async () => {
    await using setup = await setUp([]);
    const { put, status, log } = setup;
    await put({ id: 'cam', source: { kind: 'test' } });
    const before = await read(log, 'cam', 2);
    await put({ id: 'cam', source: { kind: 'test' }, ladder: [{ height: 360 }, { height: 240 }] });
    await until('cam has two renditions', () => status('cam')?.catalog?.renditions.length === 2);
    const [first] = await read(log, 'cam', 1, 1);
    expect(first!.header).toMatchObject({ session: status('cam')!.session, keyframe: true });
    expect(first!.header!.gop).toBeGreaterThan(before.at(-1)!.header!.gop);
  });

  it('encodes the old source of a stream until another one is in the log', async () => {
    await using setup = await setUp([]);
    const { put, status, log, table } = setup;
    await put({ id: 'cam', source: { kind: 'test' } });
    await read(log, 'cam', 1);
    const first = (await until('cam is live', () => status('cam')?.state === 'live' && status('cam')))!
      .session!;
    let claimedAt: number | undefined;
    table.onChange(() => {
      if ((status('cam')?.session ?? 0) > first) claimedAt ??= Date.now();
    });
    await put({ id: 'cam', source: { kind: 'test' }, ladder: [{ height: 360 }] });
    const live = () => status('cam')?.state === 'live' && status('cam')!.session! > first;
    await until('the other encoder is live', live);
    const records = await read(log, 'cam', 3);
    const old = records.filter(({ header }) => header!.session === first);
    expect(old.at(-1)!.timestamp).toBeGreaterThan(claimedAt!);
    expect(records.find(({ header }) => header!.session > first)!.header).toMatchObject({ keyframe: true });
    // The last words of the old encoder do not replace the status of the other one.
    expect(live()).toBe(true);
  });

  it('encodes the old source of a stream also if the encoder of another one makes way for a third', async () => {
    await using setup = await setUp([]);
    const { put, status, log, table } = setup;
    await put({ id: 'cam', source: { kind: 'test' } });
    await read(log, 'cam', 1);
    const first = (await until('cam is live', () => status('cam')?.state === 'live' && status('cam')))!
      .session!;
    const claims: { readonly session: number; readonly at: number }[] = [];
    const states = new Set<string>();
    table.onChange((key) => {
      const { state, session = 0 } = status('cam') ?? {};
      if (key !== streamStatusKey('cam') || session <= first) return;
      states.add(state ?? 'none');
      if (state !== 'starting' || session <= (claims.at(-1)?.session ?? first)) return;
      claims.push({ session, at: Date.now() });
      // Before it has a picture.
      if (claims.length === 1) void put({ id: 'cam', source: { kind: 'test' }, ladder: [{ height: 240 }] });
    });
    await put({ id: 'cam', source: { kind: 'test' }, ladder: [{ height: 360 }] });
    await until('the third encoder is live', () => claims.length > 1 && status('cam')?.state === 'live');
    expect([...states]).toEqual(['starting', 'live']);
    const records = await read(log, 'cam', 3);
    const old = records.filter(({ header }) => header!.session === first);
    expect(old.at(-1)!.timestamp).toBeGreaterThan(claims.at(-1)!.at);
    const next = records.find(({ header }) => header!.session > first)!.header!;
    expect(next).toMatchObject({ keyframe: true, session: status('cam')!.session });
    expect(next.session).toBeGreaterThanOrEqual(claims.at(-1)!.session);
  });

  it('gives its streams away although the log takes no answers to those who ask what is in a source', async () => {
    await using setup = await setUp([]);
    const { put, status, streams, producer, table } = setup;
    await put({ id: 'cam', source: { kind: 'test' } });
    await until('cam is live', () => status('cam')?.state === 'live');
    const write = table.put.bind(table);
    let isAnswering = false;
    vi.spyOn(table, 'put').mockImplementation((key, value) => {
      if (!key.startsWith('looked/')) return write(key, value);
      isAnswering = true;
      return new Promise(() => undefined);
    });
    const source = { kind: 'url', url: 'http://127.0.0.1:9/x.ts' };
    await streams.put(lookRequestKey(randomUUID()), JSON.stringify({ at: new Date().toISOString(), source }));
    await until('an answer is written', () => isAnswering);
    const closed = producer.close();
    await until('cam is offline', () => status('cam')?.state === 'offline');
    await closed;
    expect(table.get(producerKey('here'))).toBeUndefined();
  });

  it('starts, stops and forgets streams as the table says, and leaves in order', async () => {
    const setup = await setUp([]);
    const { put, status, streams, producer, table, log } = setup;
    await put({ id: 'cam', source: { kind: 'test' } });
    await until('cam is live', () => status('cam')?.state === 'live');
    const first = status('cam')!.session!;
    await put({ id: 'cam', source: { kind: 'test' }, enabled: false });
    await until('cam is offline', () => status('cam')?.state === 'offline');
    await put({ id: 'cam', source: { kind: 'test' }, startCount: 1 });
    await until(
      'cam is live again',
      () => status('cam')?.state === 'live' && status('cam')!.session! > first,
    );
    await streams.delete('cam');
    await until('cam is forgotten', () => status('cam') === undefined);
    await put({ id: 'cam2', source: { kind: 'test' } });
    await until('cam2 is live', () => status('cam2')?.state === 'live');
    expect(table.get(producerKey('here'))).toBeDefined();
    await producer.close();
    expect(status('cam2')?.state).toBe('offline');
    expect(table.get(producerKey('here'))).toBeUndefined();
    await setup[Symbol.asyncDispose]();
    await expect(log.ping()).rejects.toThrow();
  });
});
