import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type StreamId, streamId, topicOf } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog, LogRecord } from '@topicast/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Received, TestViewer } from '../../gateway/src/testing/test-viewer.js';
import { tutorialStream } from '../../gateway/src/testing/tutorial-stream.js';
import { FFMPEG } from '../support/ffprobe.js';
import { footage } from '../support/footage.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import {
  countFrames,
  example,
  kcat,
  otherClientsMissing,
  type Packet,
  packetsOf,
} from '../support/other-clients.js';
import { until } from '../support/poll.js';
import { logger, type Services, startServices, testInput } from '../support/services.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.js';

const run = promisify(execFile);
const reason = kafkaUnavailable() ?? otherClientsMissing();
const SECONDS = 6;
/** New topics on a broker that others use too. */
const nameOf = (name: string): StreamId => streamId(`${name}-${Date.now().toString(36)}`);
const CAMERA = nameOf('camera');
const TUTORIAL = { none: nameOf('tutorial'), gzip: nameOf('tutorial-gzip') };
type Compression = 'none' | 'gzip';
/** How much docs/examples/producer.py reads at once. */
const BLOCK_BYTES = 1024;

describe.skipIf(reason)(`clients that others wrote${reason ? ` (${reason})` : ''}`, () => {
  let folder: TemporaryFolder;
  const inFolder = (name: string): string => path.join(folder.path, name);
  let broker: Broker;

  beforeAll(async () => {
    folder = temporaryFolder();
    broker = await startKafka();
  });
  afterAll(async () => {
    await broker?.stop();
    folder?.[Symbol.dispose]();
  });

  describe('a tutorial producer of 1,024-byte blocks', () => {
    let services: Services;
    let source: Packet[];

    beforeAll(async () => {
      services = await startServices({ log: await openLog('none') });
      await writeFile(inFolder('source.ts'), await tutorialStream(SECONDS));
      source = await packetsOf(inFolder('source.ts'));
    });
    afterAll(() => services?.close());

    it.each(['none', 'gzip'] as const)(
      'compression %s: all packets reach a raw and a v1 viewer',
      async (compression) => {
        const id = TUTORIAL[compression];
        await makeKnown(id);
        using raw = new TestViewer(services.address(id), { raw: true });
        using v1 = new TestViewer(services.address(id));
        await Promise.all([raw.opened(), v1.opened()]);

        const args = [broker.brokers, topicOf(id), ...(compression === 'none' ? [] : [compression])];
        await example('producer.py', args, inRealTime(await readFile(inFolder('source.ts')), SECONDS));
        await until('the last picture has come', () => arrivedUpTo(source, v1));
        await until('the other viewer has it too', () => bytesOf(raw).byteLength >= bytesOf(v1).byteLength);

        expect(bytesOf(raw).equals(bytesOf(v1))).toBe(true);
        const file = inFolder(`${id}.ts`);
        await writeFile(file, bytesOf(v1));
        expectSame(source, await packetsOf(file));
        expect(await countFrames(file)).toBe(SECONDS * 25);
      },
    );

    it('has records without our header', async () => {
      const table = await example('read_headers.py', [broker.brokers, topicOf(TUTORIAL.none)]);
      const [, ...rows] = table.trimEnd().split('\n');
      const { byteLength } = await readFile(inFolder('source.ts'));
      expect(rows).toEqual(
        Array.from({ length: Math.ceil(byteLength / BLOCK_BYTES) }, (_, offset) => `${offset}\tno header`),
      );
    });

    it('a camera with B-frames, the whole file at once: a viewer who joins then loses nothing from there on', async () => {
      const file = inFolder('camera.ts');
      await run(FFMPEG, ['-v', 'error', '-i', footage('flower.mp4').path, '-c', 'copy', file]);
      const camera = await packetsOf(file);
      await makeKnown(CAMERA);
      using v1 = new TestViewer(services.address(CAMERA));
      await v1.opened();
      await example('producer.py', [broker.brokers, topicOf(CAMERA)], [await readFile(file)]);
      await until('the last picture has come', () => arrivedUpTo(camera, v1));

      const jump = v1.received.findLastIndex((item) => 'message' in item && item.message.type === 'jump');
      const received = inFolder('camera.received.ts');
      await writeFile(received, Buffer.concat(v1.received.slice(jump + 1).map(dataOf)));
      const packets = await packetsOf(received);
      const joined = camera.findIndex(({ hash }) => hash === packets[0]!.hash);
      expect(joined).toBeGreaterThanOrEqual(0);
      // Sound that begins after the last picture waits for the next one, and there is none.
      const lastPicture = camera.findLast(({ kind }) => kind === 'video')!;
      const behind = camera.find(({ at }) => at > lastPicture.at)!;
      const due = (packet: Packet) => packet.kind === 'video' || packet.dts < behind.dts;
      expectSame(camera.slice(joined).filter(due), packets.filter(due));
    });

    /** Its topic exists, and the gateway would let a viewer wait for it. */
    async function makeKnown(id: StreamId): Promise<void> {
      await services.log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
      await until('the gateway knows it', async () => {
        const { status } = await services.api('GET', `/api/streams/${id}`);
        return status === 200;
      });
    }
  });

  describe.each(['none', 'gzip'] as const)('our encoder, compression %s', (compression) => {
    const id = nameOf(`ours-${compression}`);
    let services: Services;
    let records: LogRecord[];
    let bytes: Buffer;
    let pictures: number;
    let fromPython: Promise<string>;

    beforeAll(async () => {
      services = await startServices({ log: await openLog(compression), inputs: [testInput(id)] });
      await services.untilState(id, 'live');
      // It reads the existing records, then new ones, and ends when no more come.
      fromPython = example('consumer.py', [broker.brokers, topicOf(id), inFolder(`${id}.ts`)]);
      await until('100 records are there', async () => (await services.log.bounds(id, 0)).next > 100);
      expect((await services.api('POST', `/api/streams/${id}/stop`)).status).toBe(202);
      await services.untilState(id, 'offline');
      records = await everything(services.log, id);
      bytes = Buffer.concat(records.map(({ value }) => value));
      pictures = records.filter(({ header }) => header && !header.audioOnly).length;
    });
    afterAll(() => services?.close());

    it('a tutorial consumer writes a file that plays', async () => {
      await fromPython;
      expect((await readFile(inFolder(`${id}.ts`))).equals(bytes)).toBe(true);
      expect(await countFrames(inFolder(`${id}.ts`))).toBe(pictures);
    });

    it('kcat pipes it, and shows the header', async () => {
      const piped = await kcat(broker.brokers, topicOf(id), '-D', '');
      expect(piped.equals(bytes)).toBe(true);
      await writeFile(inFolder(`${id}.kcat.ts`), piped);
      expect(await countFrames(inFolder(`${id}.kcat.ts`))).toBe(pictures);

      const headers = await kcat(broker.brokers, topicOf(id), '-f', '%o %h\nend\n');
      const shown = headers.toString('latin1').split('\nend\n').slice(0, -1);
      expect(shown.map((text) => text.slice(0, text.indexOf('=')))).toEqual(
        records.map(({ offset }) => `${offset} t`),
      );
    });

    it('twenty lines of Python read the header as we do', async () => {
      const table = await example('read_headers.py', [broker.brokers, topicOf(id)]);
      const [, ...rows] = table.trimEnd().split('\n');
      expect(rows).toEqual(records.map(row));
    });

    it('the decode times are those in the packets', async () => {
      const file = inFolder(`${id}.dts.ts`);
      await writeFile(file, bytes);
      const inPackets = (await packetsOf(file)).filter(({ kind }) => kind === 'video').map(({ dts }) => dts);
      const inHeaders = records.flatMap(({ header }) =>
        header && !header.audioOnly ? [header.decodeTime] : [],
      );
      expect(inHeaders).toEqual(inPackets);
    });
  });

  const openLog = (compression: Compression): Promise<ChunkLog> =>
    openKafkaLog({ brokers: broker.brokers.split(','), compression, logger });
});

const bytesOf = ({ received }: TestViewer): Buffer => Buffer.concat(received.map(dataOf));

function dataOf(item: Received): Uint8Array {
  if ('raw' in item) return item.raw;
  return 'chunk' in item ? item.chunk.data : Buffer.alloc(0);
}

/** Whether a viewer has the last picture. */
function arrivedUpTo(source: readonly Packet[], { chunks }: TestViewer): boolean {
  const last = source.findLast(({ kind }) => kind === 'video')!;
  return chunks.some(({ header }) => !header.audioOnly && header.decodeTime === last.dts);
}

/** The bytes of a recording, a twentieth of a second at a time. */
async function* inRealTime(recording: Buffer, seconds: number): AsyncGenerator<Uint8Array> {
  const step = Math.ceil(recording.byteLength / (seconds * 20));
  for (let at = 0; at < recording.byteLength; at += step) {
    yield recording.subarray(at, at + step);
    await delay(50);
  }
}

/** All of them, once, in this order; a lost packet is reported with the record in which it began. */
function expectSame(source: readonly Packet[], received: readonly Packet[]): void {
  const there = new Set(received.map(asText));
  const lost = source.filter((packet) => !there.has(asText(packet)));
  expect(
    lost.map((packet) => `${asText(packet)}, lost, from record ${Math.floor(packet.at / BLOCK_BYTES)} on`),
  ).toEqual([]);
  for (const kind of ['video', 'audio']) {
    const ofKind = (packets: readonly Packet[]) =>
      packets.filter((packet) => packet.kind === kind).map(asText);
    expect(ofKind(received)).toEqual(ofKind(source));
  }
}

const asText = ({ kind, pts, dts, hash }: Packet): string => `${kind} at ${pts}/${dts} ${hash}`;

/** All records of a topic that does not grow any more. */
async function everything(log: ChunkLog, id: StreamId): Promise<LogRecord[]> {
  const { next } = await log.bounds(id, 0);
  const records: LogRecord[] = [];
  for await (const batch of log.tail(id, 0, { at: 'earliest' }, AbortSignal.timeout(60_000))) {
    records.push(...batch);
    if (records.at(-1)!.offset + 1 >= next) break;
  }
  return records;
}

/** As docs/examples/read_headers.py prints it. */
function row({ offset, header }: LogRecord): string {
  if (!header) return `${offset}\tno header`;
  const microseconds = Math.round(header.wallClock * 1000);
  const wall = new Date(Math.floor(microseconds / 1000)).toISOString().replace('T', ' ').slice(0, -1);
  return [
    offset,
    header.session,
    header.sequence,
    Number(header.keyframe),
    (header.decodeTime / 90_000).toFixed(5),
    `${wall}${String(microseconds % 1000).padStart(3, '0')}`,
  ].join('\t');
}
