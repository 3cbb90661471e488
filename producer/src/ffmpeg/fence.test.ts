import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  httpServer,
  privateServer,
  rtspServer,
  type TestServer,
  testNetwork,
} from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';
import { eventually, temporaryFolder } from '../testing/support.js';
import { findFfmpeg } from './find.js';

// The one on this machine, and the one of 2018 that comes with the dependencies.
const bundled = (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
const ffmpegs = await Promise.all([findFfmpeg(process.env.FFMPEG_PATH), findFfmpeg(bundled)]);
const each = ffmpegs.map((ffmpeg) => [ffmpeg.version, ffmpeg] as const);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => path.join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  const make = (...args: string[]): unknown =>
    execFileSync(
      ffmpegs[0]!.path,
      [
        ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=6'],
        ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=6'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-c:a', 'aac', '-ac', '2', ...args],
      ],
      { cwd: folder.path },
    );
  make('-f', 'mpegts', 'film.ts');
  // Its index is at its end: it cannot be read without seeking.
  make('film.mp4');
  make('-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', 'film.m3u8');
  make('-f', 'dash', '-seg_duration', '1', 'film.mpd');
});
afterAll(() => folder[Symbol.asyncDispose]());

/** The files of the folder, with ranges; but for those that the test says itself. */
function files(own: Record<string, string | ((response: ServerResponse) => unknown)> = {}) {
  return (request: IncomingMessage, response: ServerResponse): unknown => {
    const name = (request.url ?? '').slice(1).replace(/\?.*/, '');
    const said = own[name];
    if (typeof said === 'function') return said(response);
    if (said !== undefined) return response.end(said);
    if (!existsSync(at(name))) return response.writeHead(404).end();
    const { size } = statSync(at(name));
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(206, {
      'content-length': size - start,
      'content-range': `bytes ${start}-${size - 1}/${size}`,
      'accept-ranges': 'bytes',
    });
    return createReadStream(at(name), { start }).pipe(response);
  };
}

const redirectTo =
  (location: string) =>
  (response: ServerResponse): unknown =>
    response.writeHead(302, { location }).end();
const playlist = (...lines: string[]): string =>
  ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:1', ...lines, '#EXT-X-ENDLIST', ''].join('\n');
const segment = (url: string): string => playlist('#EXTINF:1,', url);

/** What each attack makes a server at a public address say, given the private one. */
const ATTACKS: Record<string, (port: number) => Parameters<typeof files>[0]> = {
  'an HTTP redirect': (port) => ({ start: redirectTo(`http://127.0.0.1:${port}/`) }),
  'an HLS segment': (port) => ({ start: segment(`http://127.0.0.1:${port}/a.ts`) }),
  'an HLS segment by a name': (port) => ({ start: segment(`http://private.example:${port}/a.ts`) }),
  'an HLS segment with TLS': (port) => ({ start: segment(`https://127.0.0.1:${port}/a.ts`) }),
  'an HLS variant': (port) => ({
    start: playlist('#EXT-X-STREAM-INF:BANDWIDTH=1', `http://127.0.0.1:${port}/a.m3u8`),
  }),
  'a redirect of an HLS segment': (port) => ({
    start: segment('a.ts'),
    'a.ts': redirectTo(`http://127.0.0.1:${port}/`),
  }),
  'an HLS key': (port) => ({
    start: playlist(`#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:${port}/k"`, '#EXTINF:1,', 'film0.ts'),
  }),
  'a DASH BaseURL': (port) => ({
    start: readFileSync(at('film.mpd'), 'utf8').replace(
      /(<Representation[^>]*>)/g,
      `$1<BaseURL>http://127.0.0.1:${port}/</BaseURL>`,
    ),
  }),
};
/** What ffmpeg must not even try, so that nobody is asked. */
const TRICKS: Record<string, (port: number) => string> = {
  'a raw connection': (port) => segment(`tcp://127.0.0.1:${port}`),
  "ffmpeg's own proxy protocol": (port) => segment(`httpproxy://127.0.0.1:${port}/a.ts`),
  'TLS by itself': (port) => segment(`tls://127.0.0.1:${port}`),
  'a file': () => segment('file:///etc/passwd'),
  'joined files': (port) => segment(`concat:http://127.0.0.1:${port}/a.ts|http://127.0.0.1:${port}/b.ts`),
};

describe.each(each)('a fenced ffmpeg %s', (_version, ffmpeg) => {
  const hls = (server: TestServer, name = 'start', host = 'public.example') =>
    ({ kind: 'url', url: `http://${host}:${server.port}/${name}` }) as const;
  const refused = (name: string) => expect.stringMatching(`leads to "${name}".*private network`);

  it.each(Object.entries(ATTACKS))('is not led to a private address by %s', async (what, attack) => {
    await using inside = await privateServer();
    await using server = await httpServer(files(attack(inside.port)));
    await using stranger = superviseStranger(hls(server), { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.status().state === 'failed', 'a refusal');
    const host = what.includes('by a name') ? 'private.example' : '127.0.0.1';
    expect(stranger.status().problem).toEqual(refused(host));
    expect(inside.reached()).toBe(0);
  });

  it.each(Object.entries(TRICKS))('cannot use %s', async (_what, trick) => {
    await using inside = await privateServer();
    await using server = await httpServer(files({ start: trick(inside.port) }));
    await using stranger = superviseStranger(hls(server), { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.status().state === 'failed', 'a failure');
    expect(inside.reached()).toBe(0);
    expect(stranger.chunks).toEqual([]);
  });

  it('does not follow a name to another address', async () => {
    await using inside = await privateServer();
    await using server = await httpServer(files());
    const source = hls(server, 'film.m3u8', 'turning.example');
    await using stranger = superviseStranger(source, { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.status().state === 'failed', 'a refusal');
    expect(stranger.status().problem).toEqual(refused('turning.example'));
    expect([inside.reached(), server.reached()]).toEqual([0, 0]);
  });

  it.each(['rtsp', 'rtsps'])('is not led to a private address by a redirect to %s', async (protocol) => {
    await using inside = await privateServer();
    await using server = await rtspServer({ redirect: `${protocol}://127.0.0.1:${inside.port}/x` });
    const url = `rtsp://public.example:${server.port}/cam`;
    await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.status().state === 'failed', 'a refusal');
    expect(stranger.status().problem).toEqual(refused('127.0.0.1'));
    expect([inside.reached(), server.reached() > 0]).toEqual([0, true]);
  });

  it('is led there where private addresses are allowed, so that the attacks above are real', async () => {
    await using inside = await privateServer();
    await using server = await httpServer(
      files({ start: redirectTo(`http://127.0.0.1:${inside.port}/`) }),
      '127.0.0.1',
    );
    const source = hls(server, 'start', '127.0.0.1');
    await using _stranger = superviseStranger(source, {
      ffmpeg,
      network: testNetwork(),
      allowPrivateUrls: true,
    });
    await eventually(() => inside.reached() > 0, 'a connection');
  });

  it.each(['film.m3u8', 'film.mp4', 'film.ts', 'film.mpd', 'moved'])('plays %s', async (name) => {
    await using server = await httpServer(files({ moved: redirectTo('/film.m3u8?a=1') }));
    await using stranger = superviseStranger(hls(server, name), { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.chunks.length > 30 || stranger.status().problem, 'chunks');
    expect(stranger.status().problem).toBeUndefined();
  });

  it('plays RTSP', async () => {
    await using server = await rtspServer({ transportStream: readFileSync(at('film.ts')) });
    const url = `rtsp://public.example:${server.port}/cam`;
    await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.chunks.length > 30 || stranger.status().problem, 'chunks');
    expect(stranger.status().problem).toBeUndefined();
  });
});
