import { once } from 'node:events';
import { connect } from 'node:net';
import {
  encodeIngestMedia,
  INGEST_SUBPROTOCOL,
  IngestClose,
  type IngestMedia,
} from '@topicast/contracts/ingest-message';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { readAudioTag, readVideoTag } from '@topicast/rtmp';
import { AAC, flvFilm, messagesOf, PICTURE, run, SOUND, X264 } from '@topicast/test/flv-film';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CameraClient } from '../testing/camera-client.js';
import { openReception, type Reception, SECRET, STREAM } from '../testing/reception.js';
import { listenForCameras } from './listener.js';

const receive = (options: Parameters<typeof openReception>[0] = {}): Promise<Reception> =>
  openReception({ ...options, listen: listenForCameras });

/** A request as a client of no library sends it. */
const UPGRADE = `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'x'.repeat(21)}w==\r\nSec-WebSocket-Protocol: ${INGEST_SUBPROTOCOL}\r\n\r\n`;

/** What ffmpeg would send if it were a browser. */
function mediaOf(flv: Uint8Array): IngestMedia[] {
  return messagesOf(flv).flatMap(({ kind, timestamp, body }): IngestMedia | readonly IngestMedia[] => {
    const time = ticks90k(timestamp * 90);
    const tag = kind === 'video' ? readVideoTag(body) : readAudioTag(body);
    switch (tag.kind) {
      case 'config':
        return tag.codec === 'h264' || tag.codec === 'hevc'
          ? { kind: 'video config', codec: tag.codec, data: tag.data }
          : { kind: 'audio config', codec: tag.codec, data: tag.data };
      case 'picture':
        return { kind: 'picture', isKey: tag.isKey, time, data: tag.data };
      case 'frame':
        return { kind: 'sound', time, data: tag.data };
      default:
        return [];
    }
  });
}

const film = flvFilm(`${PICTURE} ${SOUND} ${X264} ${AAC} -t 2`);
const media = mediaOf(film);
const sent = media.map(encodeIngestMedia);

const decoded = (input: Uint8Array, track: 'v' | 'a'): string[] =>
  Buffer.from(run(`-i pipe:0 -map 0:${track} -fps_mode passthrough -f framemd5`, input))
    .toString()
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());

const closed = (client: CameraClient): Promise<number> =>
  until('it is closed', () => client.code).then(() => client.code!);

describe('an encoder that is let in', () => {
  it('is passed on frame by frame, and hears what has come', async () => {
    await using reception = await receive();
    using client = new CameraClient(reception.listener.port).publish();
    await until('it is on air', () => client.isOnAir);
    client.send(...sent);
    const bytes = sent.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const [guest] = reception.guests;
    const acknowledged = (): number[] =>
      client.heard.flatMap(({ type, bytes: count }) => (type === 'ack' ? [Number(count)] : []));
    await until('all has come', () => acknowledged().at(-1) === bytes);
    const chunks: Chunk[] = [];
    const chunker = new Chunker((chunk) => chunks.push(chunk));
    for (const part of guest!.parts) chunker.push(part);
    for (const track of ['v', 'a'] as const)
      expect(decoded(Buffer.concat(guest!.parts), track)).toEqual(decoded(film, track));
    expect(chunks.filter(({ keyframe }) => keyframe)).toHaveLength(2);
    expect(acknowledged()).toEqual(acknowledged().sort((a, b) => a - b));
    client.socket.close(1000);
    await until('its seat is free', () => guest!.end);
    expect(guest!.end).toEqual({ why: 'finished' });
    expect(reception.listener.stats).toMatchObject({ connections: 1, admitted: 1, broken: 0, cut: 0 });
  });

  it('is told why it has to go', async () => {
    await using reception = await receive();
    using client = new CameraClient(reception.listener.port).publish();
    await until('it is on air', () => client.isOnAir);
    const words = 'Another encoder has come with the same stream key, and has taken over. '.repeat(3);
    reception.guests[0]!.dismiss(words);
    expect(await closed(client)).toBe(IngestClose.dismissed);
    expect(client.words).toBe(words);
  });

  it('is ended when it is silent, sends what cannot be read, or far too fast', async () => {
    await using reception = await receive({ patience: milliseconds(1_500) });
    const { port } = reception.listener;
    using silent = new CameraClient(port).publish();
    using garbled = new CameraClient(port).publish();
    using hasty = new CameraClient(port).publish();
    await until('they are on air', () => [silent, garbled, hasty].every(({ isOnAir }) => isOnAir));
    garbled.send(Buffer.of(2, 1));
    const sound = (seconds: number): Uint8Array =>
      encodeIngestMedia({ kind: 'sound', time: ticks90k(seconds * 90_000), data: Buffer.of(0xfc) });
    hasty.send(...Array.from({ length: 40 }, (_, second) => sound(second)));
    expect(await closed(garbled)).toBe(IngestClose.cut);
    expect(await closed(hasty)).toBe(IngestClose.cut);
    expect(hasty.words).toContain('faster than the time passes');
    expect(await closed(silent)).toBe(IngestClose.silent);
  });

  it('comes again when the server ends', async () => {
    const reception = await receive();
    using client = new CameraClient(reception.listener.port).publish();
    await until('it is on air', () => client.isOnAir);
    await reception.listener.close();
    expect(await closed(client)).toBe(IngestClose.goingAway);
    expect(reception.guests[0]!.end).toEqual({ why: 'gone' });
  });
});

describe('at the door', () => {
  it('says why, and closes', async () => {
    await using reception = await receive();
    const { port, stats } = reception.listener;
    for (const answer of ['busy', 'stopped', 'unavailable'] as const) {
      reception.answer = answer;
      using client = new CameraClient(port).publish();
      expect(await closed(client)).toBe(IngestClose[answer]);
      expect(client.words).toMatch(/\.$/);
      expect(stats.refused[answer]).toBe(1);
    }
    // Each waits for a second, so they wait together.
    const wrong = ['', STREAM, `${STREAM}.wrong`, `../${STREAM}.${SECRET}`];
    const clients = wrong.map((key) => new CameraClient(port).publish(key));
    for (const client of clients) expect(await closed(client)).toBe(IngestClose.unauthorized);
  });

  it('takes nothing but a key, and little of it', async () => {
    await using reception = await receive();
    const { port, stats } = reception.listener;
    const first: readonly (string | Uint8Array)[][] = [
      [sent[0]!],
      ['x'.repeat(2_000)],
      [new Uint8Array(1 << 20)],
      ['{"type":"publish","key":"show.wrong"}', sent[0]!],
    ];
    for (const messages of first) {
      using client = new CameraClient(port).send(...messages);
      expect(await closed(client)).toBe(IngestClose.badMessage);
    }
    expect(stats.broken).toBe(first.length);
    expect(reception.guests).toHaveLength(0);
  });

  it('does not keep a message that is promised and never ends', async () => {
    await using reception = await receive({ patience: milliseconds(60_000) });
    const socket = connect(reception.listener.port, '127.0.0.1').on('error', () => undefined);
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    socket.resume();
    socket.write(UPGRADE);
    await until('it is there', () => reception.listener.stats.connections === 1);
    // A text of 4 MB, masked with zeros, of which 64 KB come.
    socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0]));
    socket.write(Buffer.alloc(64 * 1024));
    await until('it is ended', () => isClosed);
    expect(reception.listener.stats.broken).toBe(1);
  });

  it('lives through one that is turned away with a frame that cannot be read in hand', async () => {
    await using reception = await receive({ strangersPerAddress: 1 });
    const { port, stats } = reception.listener;
    using _present = new CameraClient(port);
    await until('it is there', () => stats.connections === 1);
    // ws parses what came with the request after the socket was destroyed; an error that nobody hears fails this run.
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    const ended = once(socket.resume(), 'close');
    socket.write(Buffer.concat([Buffer.from(UPGRADE), Buffer.of(0xff, 0, 1, 2, 3)]));
    await ended;
    expect(stats.turnedAway).toBe(1);
  });

  it('says what it is to whoever comes without a WebSocket', async () => {
    await using reception = await receive();
    const answer = await fetch(`http://127.0.0.1:${reception.listener.port}/`);
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({
      status: 426,
      detail: expect.stringContaining(INGEST_SUBPROTOCOL),
    });
  });
});

it('lives through whatever comes, and counts what is damaged', async () => {
  await using reception = await receive();
  const { port } = reception.listener;
  const damage = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.nat(sent.length - 1), fc.nat(60), fc.nat(255))
      .map(([index, at, value]) => sent[index]!.map((byte, i) => (i === at + 12 ? value : byte))),
    fc.tuple(fc.nat(sent.length - 1), fc.nat(40)).map(([index, end]) => sent[index]!.subarray(0, end)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { maxLength: 20 }), async (messages) => {
      using client = new CameraClient(port).publish();
      await until('it is on air', () => client.isOnAir);
      client.send(...messages);
      client.socket.close(1000);
      await until('it is gone', () => client.code !== undefined);
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 60) },
  );
  using client = new CameraClient(port).publish();
  await until('it is on air', () => client.isOnAir);
});
