import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DESTINATIONS_TABLE,
  type DestinationHealth,
  DestinationTables,
} from '@topicast/contracts/destination';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE, streamRow } from '@topicast/contracts/tables';
import { listenForRtmp } from '@topicast/ingest';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { Chunker } from '@topicast/media/mpegts';
import { MediaTimeline, SampleReader } from '@topicast/media/samples';
import { ProcessorsMetrics, readProcessorsConfig, startProcessors } from '@topicast/processors';
import { endWithUs } from '@topicast/test/end-with-us';
import { decode, FFMPEG, hasEncoder } from '@topicast/test/ffprobe';
import { messagesOf } from '@topicast/test/flv-film';
import { freePorts } from '@topicast/test/free-ports';
import { nginxRtmpUnavailable, startNginxRtmp } from '@topicast/test/nginx-rtmp';
import { OnAir } from '@topicast/test/on-air';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { TestEncoder } from '@topicast/test/test-encoder';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A stream in a log, and the processors that send it on. */
async function openWorld() {
  const folder = temporaryFolder();
  const log: ChunkLog = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const [streams, status, destinations] = await Promise.all(
    [STREAMS_TABLE, STATUS_TABLE, DESTINATIONS_TABLE].map((name) => log.table(name)),
  );
  const tables = new StreamTables({ streams: streams!, status: status! });
  const restreams = new DestinationTables({ destinations: destinations!, status: status! });
  const encoder = await TestEncoder.create(log, 'show');
  const now = new Date().toISOString();
  const onAir = await OnAir.begin({ streams: streams!, status: status! }, encoder.id);
  const row = { id: 'show', title: 'Show', source: { kind: 'test' }, enabled: true, createdAt: now };
  await tables.rows.put(encoder.id, streamRow.parse(row));
  const metrics = new ProcessorsMetrics();
  const processors = await startProcessors({
    ...{ log, metrics },
    config: readProcessorsConfig({ TOPICAST_ALLOW_PRIVATE_URLS: '1', TOPICAST_ANALYSE: 'off' }),
    ffmpegPath: FFMPEG,
    logger: pino({ enabled: process.env.DEBUG_LOG === '1' }),
  });
  onTestFinished(async () => {
    onAir[Symbol.dispose]();
    await encoder.stop();
    await processors.close();
    await log.close();
    folder[Symbol.dispose]();
  });
  return {
    ...{ log, encoder, onAir, metrics },
    async sendTo(url: string) {
      const id = randomUUID();
      await restreams.rows.put(`show/${id}` as never, { id, stream: 'show', url, createdAt: now });
      const key = [...restreams.rows.rows.keys()].find((each) => each.endsWith(id))!;
      const health = () => restreams.statuses.get(key)?.health;
      return {
        health,
        is: <State extends DestinationHealth['state']>(state: State) =>
          until(`it is ${state}`, () => {
            const shown = health();
            return shown?.state === state && (shown as Extract<DestinationHealth, { state: State }>);
          }),
        remove: () => restreams.rows.delete(key),
      };
    },
  };
}

/** The pictures and sounds of an FLV, without the configurations. */
function mediaIn(flv: Buffer) {
  const messages = messagesOf(flv);
  const of = (wanted: 'video' | 'audio') =>
    messages.filter(({ kind, body }) => kind === wanted && body[1] === 1).map(({ timestamp }) => timestamp);
  return { video: of('video'), audio: of('audio') };
}

const protocols = execFileSync(FFMPEG, ['-hide_banner', '-protocols'], { encoding: 'utf8' });
const srtUnavailable = /^\s*srt$/m.test(protocols) ? undefined : 'this ffmpeg has no SRT';

const steps = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i]!);

/** The pictures and the frames of sound in chunks, as bytes. */
function unitsOf(chunks: readonly Uint8Array[]) {
  const reader = new SampleReader(new MediaTimeline());
  const samples = chunks.map((chunk, i) => reader.push(chunk, { discontinuity: i === 0 }));
  const asText = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('base64');
  return {
    pictures: samples.flatMap(({ video }) => video.map(({ parts }) => asText(parts))),
    sounds: samples.flatMap(({ audio }) =>
      audio.flatMap(({ frames }) => frames.map(({ data }) => asText([data]))),
    ),
  };
}

it('what our own listener for encoders gets are the access units of the log', async () => {
  const received: Uint8Array[] = [];
  const chunker = new Chunker(({ data }) => received.push(data));
  const listener = await listenForRtmp({
    ...{ host: '127.0.0.1', port: 0, logger: pino({ enabled: false }) },
    doorkeeper: {
      admit: async ({ secret }) =>
        secret !== 'a-secret'
          ? 'unauthorized'
          : {
              dismissed: new AbortController().signal,
              take: (bytes) => chunker.push(new Uint8Array(bytes)),
              note: () => undefined,
              leave: () => undefined,
            },
    },
  });
  onTestFinished(() => listener.close());
  const world = await openWorld();
  // Opus needs Enhanced RTMP, which this listener says that it knows.
  await world.encoder.restart({ audio: hasEncoder('libopus') ? 'libopus' : 'aac' });
  const destination = await world.sendTo(`rtmp://127.0.0.1:${listener.port}/live/other.a-secret`);
  await destination.is('live');
  await until('it has come through', () => received.length > 60);
  await destination.remove();
  const sent: Uint8Array[] = [];
  const giveUp = new AbortController();
  for await (const batch of world.log.tail(world.encoder.id, 0, { at: 'earliest' }, giveUp.signal)) {
    sent.push(...batch.map(({ value }) => value));
    if (sent.length >= received.length) break;
  }
  giveUp.abort();
  const [log, got] = [unitsOf(sent), unitsOf(received)];
  const from = log.pictures.indexOf(got.pictures[0]!);
  const last = Math.min(got.pictures.length, log.pictures.length - from);
  expect(last).toBeGreaterThan(20);
  expect(got.pictures.slice(0, last)).toEqual(log.pictures.slice(from, from + last));
  const fromSound = log.sounds.indexOf(got.sounds[0]!);
  const lastSound = Math.min(got.sounds.length, log.sounds.length - fromSound);
  expect(lastSound).toBeGreaterThan(40);
  expect(got.sounds.slice(0, lastSound)).toEqual(log.sounds.slice(fromSound, fromSound + lastSound));
});

describe.skipIf(nginxRtmpUnavailable)(
  `to nginx-rtmp${nginxRtmpUnavailable ? ` (SKIPPED: ${nginxRtmpUnavailable})` : ''}`,
  () => {
    it('keeps one connection and one line of times over a gap, and a session of another size', async () => {
      await using nginx = await startNginxRtmp();
      const world = await openWorld();
      await world.encoder.restart();
      const destination = await world.sendTo(nginx.address('recording', 'a-secret'));
      await destination.is('live');
      const kept = () => mediaIn(nginx.recordings()[0] ?? Buffer.alloc(13));
      await until('some media has come', () => kept().video.length > 30);
      await world.encoder.stop();
      const before = kept().video.length;
      // The gap is what this is about.
      await sleep(1_500);
      await world.encoder.restart({ size: '640x360', timeOffsetS: 5_000 });
      await until('media of the second session has come', () => kept().video.length > before + 40);
      await expect
        .poll(() => destination.health())
        .toMatchObject({ state: 'live', attempts: 1, droppedPictures: 0 });
      await destination.remove();
      await until('its status is gone', () => destination.health() === undefined);
      const [film, ...more] = nginx.recordings();
      expect(more).toEqual([]);
      const { video, audio } = mediaIn(film!);
      expect(Math.min(...steps(video))).toBeGreaterThan(0);
      expect(Math.min(...steps(audio))).toBeGreaterThan(0);
      // The gap is as long as it was: starting the second encoder takes its time.
      expect(Math.max(...steps(video))).toBeGreaterThan(1_400);
      expect(Math.abs(video.at(-1)! - audio.at(-1)!)).toBeLessThan(500);
      const { pictures, complaints, hasAudio } = await decode(film!);
      expect({ complaints, hasAudio }).toEqual({ complaints: [], hasAudio: true });
      expect(pictures).toBeGreaterThanOrEqual(video.length - 1);
    });

    it('begins with what is on air, and not with the end of what was on air before', async () => {
      await using nginx = await startNginxRtmp();
      const world = await openWorld();
      await world.encoder.restart();
      await until(
        'it has sent something',
        async () => (await world.log.bounds(world.encoder.id, 0)).next > 0,
      );
      await world.encoder.stop();
      await world.onAir.say('offline');
      const destination = await world.sendTo(nginx.address('recording', 'a-secret'));
      await until('it has been given the end', () => world.metrics.countsOf('restream').chunks > 0);
      expect(destination.health()).toMatchObject({ state: 'off', attempts: 0 });
      await world.encoder.restart();
      await world.onAir.say('live');
      await destination.is('live');
    });

    it('says what is wrong, does not show the key, and comes back when the server does', async () => {
      const first = await startNginxRtmp({ mayPublish: (name) => name === 'right' });
      const world = await openWorld();
      await world.encoder.restart();
      const wrong = await world.sendTo(first.address('guarded', 'wrong-secret'));
      const right = await world.sendTo(first.address('guarded', 'right'));
      const { problem } = await wrong.is('waiting');
      expect(problem).toMatch(/stream key/);
      expect(problem).not.toContain('wrong-secret');
      await right.is('live');
      await first[Symbol.asyncDispose]();
      const { problem: away } = await right.is('waiting');
      expect(away).toMatch(/closed the connection|takes connections/);
      await using _second = await startNginxRtmp({ port: first.port, mayPublish: () => true });
      await right.is('live');
      await wrong.is('live');
    });
  },
);

describe.skipIf(srtUnavailable)(`by SRT${srtUnavailable ? ` (SKIPPED: ${srtUnavailable})` : ''}`, () => {
  it('an ffmpeg that listens gets two sessions as one', async () => {
    const [port] = await freePorts(1);
    const address = `srt://127.0.0.1:${port}?passphrase=not-for-everybody`;
    const world = await openWorld();
    await world.encoder.restart();
    const receiver = spawn(
      FFMPEG,
      `-v error -nostdin -probesize 200000 -analyzeduration 500000 -i ${address}&mode=listener -map 0 -c copy -t 3 -f mpegts pipe:1`.split(
        ' ',
      ),
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    endWithUs(receiver);
    const received: Buffer[] = [];
    receiver.stdout.on('data', (data: Buffer) => received.push(data));
    const destination = await world.sendTo(address);
    await destination.is('live');
    await until('some of it has come', () => received.length > 0);
    await world.encoder.restart({ timeOffsetS: 5_000 });
    await once(receiver, 'close');
    const { pictures, complaints, hasAudio } = await decode(Buffer.concat(received));
    expect({ complaints, hasAudio }).toEqual({ complaints: [], hasAudio: true });
    expect(pictures).toBeGreaterThan(40);
    await destination.is('waiting');
  });
});
