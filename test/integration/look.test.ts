import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Problem, StreamInfo } from '@topicast/contracts/http';
import type { SourceLook } from '@topicast/contracts/look';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { audioOf, videoOf } from '@topicast/contracts/tracks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FFMPEG } from '../support/ffprobe.js';
import { until } from '../support/poll.js';
import { OPERATOR_TOKEN, type Services, startServices } from '../support/services.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.js';

const make = (...words: string[]): void => {
  execFileSync(FFMPEG, `-v error -nostdin ${words.join(' ')}`.split(' '));
};

/** Pixels (ITU-T T.81 B.2.2). */
function sizeOfJpeg(jpeg: Buffer): [width: number, height: number] {
  const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  return [jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)];
}

describe('a look at a source before it goes on air', () => {
  let media: TemporaryFolder;
  let services: Services;
  const at = (name: string): string => path.join(media.path, name);

  beforeAll(async () => {
    media = temporaryFolder();
    writeFileSync(at('words.srt'), '1\n00:00:00,000 --> 00:00:02,000\nHello\n');
    const inputs =
      '-f lavfi -i testsrc2=s=1280x536:r=24 -f lavfi -i sine=r=48000 -f lavfi -i sine=r=44100 -i';
    make(
      `${inputs} ${at('words.srt')} -t 3 -map 0 -map 1 -map 2 -map 3 -c:v libx264 -preset ultrafast -pix_fmt yuv420p`,
      '-c:a:0 ac3 -ac:a:0 6 -c:a:1 aac -c:s srt -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger',
      at('film.mkv'),
    );
    services = await startServices({
      environment: { TOPICAST_MEDIA_DIRS: media.path, TOPICAST_ALLOW_PRIVATE_URLS: 'true' },
    });
  });
  afterAll(async () => {
    await services.close();
    media[Symbol.dispose]();
  });

  const look = (source: object, more: object = {}) =>
    services.api('POST', '/api/probe', { source, ...more }) as Promise<{
      status: number;
      body: SourceLook & Problem;
    }>;
  const rows = async (): Promise<string[]> => {
    const tables = await Promise.all([STREAMS_TABLE, STATUS_TABLE].map((name) => services.log.table(name)));
    return tables
      .flatMap((table) => [...table.entries()].map(([key]) => key))
      .filter((key) => key.startsWith('look'));
  };

  it('names tracks, what becomes of them and why, and shows a picture', async () => {
    const ladder = [{ height: 480 }, { height: 240, bitrate: 400_000 }];
    const { status, body } = await look({ kind: 'file', path: at('film.mkv') }, { ladder });
    expect([status, body.detail]).toEqual([200, undefined]);
    expect(body.container).toBe('matroska,webm');
    expect(body.duration).toBeCloseTo(3, 0);
    expect(body.tracks).toMatchObject([
      {
        kind: 'video',
        codec: 'h264',
        width: 1280,
        height: 536,
        frameRate: 24,
        range: 'standard',
        becomes: 'encoded',
      },
      { kind: 'audio', codec: 'ac3', language: 'eng', sampleRate: 48_000, becomes: 'encoded' },
      {
        kind: 'audio',
        codec: 'aac',
        language: 'ger',
        sampleRate: 44_100,
        channels: 'mono',
        becomes: 'left out',
      },
      { kind: 'subtitle', becomes: 'left out' },
    ]);
    expect(body.renditions).toMatchObject([
      { width: 1146, height: 480 },
      { width: 572, height: 240, bitrate: 400_000 },
    ]);
    expect(body.notes).toEqual([
      'The source has sound in German, too: the sound in English is sent, unless you choose another language.',
      expect.stringMatching(/more than two channels \(5\.1.*stereo/),
    ]);
    const [width, height] = sizeOfJpeg(Buffer.from(body.still?.jpeg ?? '', 'base64'));
    expect([width, height]).toEqual([644, 270]);
    await until('its rows are gone', async () => (await rows()).length === 0);
  });

  it('says what would be sent as it is, and in which language', async () => {
    const copied = await look({ kind: 'file', path: at('film.mkv'), copy: true, language: 'de' });
    expect(copied.body.tracks).toMatchObject([
      { kind: 'video', becomes: 'copied' },
      { codec: 'ac3', becomes: 'left out' },
      { codec: 'aac', becomes: 'copied' },
      { kind: 'subtitle' },
    ]);
    expect(copied.body.renditions).toEqual([{ width: 1280, height: 536 }]);
    expect(copied.body.notes).toEqual([]);
    const missing = await look({ kind: 'file', path: at('film.mkv'), language: 'jpn' });
    expect(missing.body.notes[0]).toBe('The source has no sound in Japanese: the sound in English is sent.');
  });

  it('puts the chosen language on air', async () => {
    const source = { kind: 'file', path: at('film.mkv'), language: 'deu' };
    expect((await services.api('POST', '/api/streams', { id: 'german', source })).status).toBe(201);
    const stream = await until('it is on air with its tracks', async () => {
      const { body } = await services.api('GET', '/api/streams/german');
      const info = body as StreamInfo;
      return audioOf(info.catalog?.renditions[0])?.codec ? info : undefined;
    });
    expect([audioOf(stream.catalog?.renditions[0])?.language, stream.notes]).toEqual(['ger', []]);
  });

  it('puts the chosen programme on air, at a constant rate', async () => {
    const inputs =
      '-f lavfi -i testsrc2=s=320x180:r=24 -f lavfi -i smptebars=s=640x360:r=24 -f lavfi -i sine=r=48000';
    make(
      `${inputs} -t 6 -map 0 -map 1 -map 2 -program program_num=1:st=0 -program program_num=2:st=1:st=2`,
      `-c:v libx264 -preset ultrafast -g 24 -pix_fmt yuv420p -c:a aac ${at('two.ts')}`,
    );
    const source = { kind: 'file', path: at('two.ts'), programme: 2 };
    const encoding = { frameRate: 10 };
    const { body } = await look(source, { encoding });
    expect(body.tracks).toMatchObject([
      { kind: 'video', programme: 1, becomes: 'left out' },
      { kind: 'video', programme: 2, height: 360, becomes: 'encoded' },
      { kind: 'audio', programme: 2, becomes: 'encoded' },
    ]);
    expect(body.notes).toEqual([]);
    expect((await look({ ...source, programme: 9 })).body.notes).toEqual([
      'The source has no programme 9: number 1 is streamed.',
    ]);
    expect((await services.api('POST', '/api/streams', { id: 'second', source, encoding })).status).toBe(201);
    await until('it has the picture and the rate', async () => {
      const { body } = await services.api('GET', '/api/streams/second');
      const video = videoOf((body as StreamInfo).catalog?.renditions[0]);
      return video?.height === 360 && video.frameRate === 10;
    });
  });

  it('says why there is nothing to see', async () => {
    writeFileSync(at('notes.mkv'), 'This is no film.\n'.repeat(1_000));
    mkdirSync(at('folder.mkv'));
    const said = async (source: object): Promise<unknown[]> => {
      const { status, body } = await look(source);
      return [status, body.errors?.[0]?.path, body.detail];
    };
    expect(await said({ kind: 'file', path: at('notes.mkv') })).toEqual([
      ...[422, 'source.path', expect.stringContaining('no video or sound that ffmpeg can read')],
    ]);
    expect(await said({ kind: 'file', path: at('folder.mkv') })).toEqual([
      ...[422, 'source.path', expect.stringContaining('not a file')],
    ]);
    expect(await said({ kind: 'file', path: at('gone.mkv') })).toEqual([
      ...[422, 'source.path', expect.stringContaining('There is no file')],
    ]);
    expect(await said({ kind: 'file', path: '/etc/passwd' })).toEqual([
      ...[403, undefined, expect.stringContaining('TOPICAST_MEDIA_DIRS')],
    ]);
    expect(await said({ kind: 'url', url: 'http://127.0.0.1:9/x.ts' })).toEqual([
      ...[422, 'source.url', expect.stringContaining('refuses the connection')],
    ]);
    expect(await said({ kind: 'url', url: 'gopher://127.0.0.1/x' })).toEqual([
      ...[422, 'source.url', expect.stringContaining('must begin with http://')],
    ]);
    expect((await look({ kind: 'device', path: '/dev/video0' })).status).toBe(422);
    await until('its rows are gone', async () => (await rows()).length === 0);
  });

  it('takes no more than four at once, and ends those that nobody waits for', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/live.ts`;
    const stop = new AbortController();
    const ask = (signal: AbortSignal | null = null) =>
      fetch(`http://127.0.0.1:${services.gateway.port}/api/probe`, {
        method: 'POST',
        headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ source: { kind: 'url', url } }),
        signal,
      });
    const four = Array.from({ length: 4 }, () => ask(stop.signal).catch(() => undefined));
    await until('four are waiting', async () => (await rows()).length === 4);
    const fifth = await ask();
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '2']);
    stop.abort();
    await Promise.all(four);
    await until('nothing is left of them', async () => (await rows()).length === 0);
    await until(
      'no ffmpeg is connected any more',
      async () => (await promisify(silent.getConnections).call(silent)) === 0,
    );
    silent.close();
  });
});
