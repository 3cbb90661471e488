import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { until } from '@topicast/test/poll';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answers, FFMPEGS, type Film, makeFilm } from '../testing/film.js';
import { rtspServer } from '../testing/live-servers.js';
import { httpServer, privateServer, type TestServer, testNetwork } from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';

const each = FFMPEGS.map((ffmpeg) => [ffmpeg.version, ffmpeg] as const);
let film: Film;
beforeAll(async () => {
  film = await makeFilm();
});
afterAll(() => film[Symbol.dispose]());

const redirectTo =
  (location: string) =>
  (response: ServerResponse): unknown =>
    response.writeHead(302, { location }).end();
const playlist = (...lines: string[]): string =>
  ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:1', ...lines, '#EXT-X-ENDLIST', ''].join('\n');
const segment = (url: string): string => playlist('#EXTINF:1,', url);

/** What each attack makes a server at a public address answer, given the port at the private one. */
const ATTACKS: Record<string, (port: number) => Answers> = {
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
  'a DASH BaseURL': (port) => ({ start: dash(`http://127.0.0.1:${port}/`) }),
};
const variant = (url: string): string => playlist('#EXT-X-STREAM-INF:BANDWIDTH=1', url);
const dash = (url: string): string =>
  readFileSync(film.at('film.mpd'), 'utf8').replace(
    /(<Representation[^>]*>)/g,
    `$1<BaseURL>${url}</BaseURL>`,
  );
/** Behind an ID3 tag, which ffmpeg skips. */
const tagged = (text: string): string => `ID3\x04\0\0\0\0\x02\0${'\0'.repeat(256)}${text}`;
let asked = 0;
const next =
  (...texts: string[]) =>
  (response: ServerResponse): unknown =>
    response.end(texts[Math.min(asked++, texts.length - 1)]);

/** Ways around the proxy that ffmpeg knows: none of them may reach anybody. */
const TRICKS: Record<string, (port: number) => Answers[string]> = {
  'a raw connection as a segment': (port) => segment(`tcp://127.0.0.1:${port}`),
  'a raw connection as a variant': (port) => variant(`tcp://127.0.0.1:${port}`),
  'a raw connection as a rendition': (port) =>
    playlist(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="tcp://127.0.0.1:${port}"`,
      ...['#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"', 'film.m3u8'],
    ),
  'a raw connection in DASH': (port) => dash(`tcp://127.0.0.1:${port}/`),
  'a raw connection behind an ID3 tag': (port) => tagged(variant(`tcp://127.0.0.1:${port}`)),
  'a raw connection behind an ID3 tag, later': (port) => {
    asked = 0;
    return next(readFileSync(film.at('film.m3u8'), 'latin1'), tagged(variant(`tcp://127.0.0.1:${port}`)));
  },
  'a raw connection in a compressed playlist': (port) => (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(variant(`tcp://127.0.0.1:${port}`)));
  },
  'a raw connection in pieces': (port) => (response) => {
    response.write('#EXT');
    setTimeout(() => response.end(variant(`tcp://127.0.0.1:${port}`).slice(4)), 50);
  },
  "ffmpeg's own proxy protocol": (port) => segment(`httpproxy://127.0.0.1:${port}/a.ts`),
  "ffmpeg's own proxy protocol in DASH": (port) => dash(`httpproxy://127.0.0.1:${port}/`),
  'TLS by itself': (port) => variant(`tls://127.0.0.1:${port}`),
  'a file': () => segment('file:///etc/passwd'),
  'joined files': (port) => segment(`concat:http://127.0.0.1:${port}/a.ts|http://127.0.0.1:${port}/b.ts`),
};

/** Answers that ffmpeg reads as a whole variant or as the rest of one, whatever their heads claim. */
const HEADS: Record<string, readonly [status: number, headers: Record<string, string>]> = {
  'a range that begins with 00': [206, { 'content-range': 'bytes 00-9/10' }],
  'a range that says nothing': [206, { 'content-range': 'bytes */10' }],
  'a range in a whole answer': [200, { 'content-range': 'bytes 00-9/10' }],
  'an empty range in a whole answer': [200, { 'content-range': 'bytes */10' }],
  'the status 203': [203, {}],
  'the status 999': [999, {}],
  'the status 300': [300, {}],
  'a redirect that not every ffmpeg knows': [308, { location: 'gone.m3u8' }],
};

describe.each(each)('a fenced ffmpeg %s', (_version, ffmpeg) => {
  const hls = (server: TestServer, name = 'start', host = 'public.example') =>
    ({ kind: 'url', url: `http://${host}:${server.port}/${name}` }) as const;
  const refused = (name: string) => expect.stringMatching(`leads to "${name}".*private network`);

  it.each(Object.entries(ATTACKS))('is not led to a private address by %s', async (what, attack) => {
    await using inside = await privateServer();
    await using server = await httpServer(film.serve(attack(inside.port)));
    await using stranger = superviseStranger(hls(server), { ffmpeg, network: testNetwork() });
    await until('a refusal', () => stranger.status().state === 'failed');
    const host = what.includes('by a name') ? 'private.example' : '127.0.0.1';
    expect(stranger.status().problem).toEqual(refused(host));
    expect(inside.reached()).toBe(0);
  });

  it.each(Object.entries(TRICKS))('cannot use %s', async (_what, trick) => {
    await using inside = await privateServer();
    await using server = await httpServer(film.serve({ start: trick(inside.port) }));
    await using stranger = superviseStranger(hls(server), { ffmpeg, network: testNetwork() });
    await until('a failure', () => stranger.status().state === 'failed');
    expect(inside.reached()).toBe(0);
    expect(stranger.chunks).toEqual([]);
  });

  it.each(Object.entries(HEADS))('gets no unchecked variant with %s', async (_what, [status, headers]) => {
    await using inside = await privateServer();
    const raw = variant(`tcp://127.0.0.1:${inside.port}`);
    let answered = 0;
    const nested = (response: ServerResponse): void => {
      response.writeHead(status, { ...headers, 'content-length': raw.length }).end(raw);
      answered += 1;
    };
    await using server = await httpServer(
      film.serve({ start: variant('nested.m3u8'), 'nested.m3u8': nested }),
    );
    await using stranger = superviseStranger(hls(server), { ffmpeg, network: testNetwork() });
    await until(
      'an end',
      () => answered > 0 && (stranger.status().state === 'failed' || inside.reached() > 0),
    );
    expect(inside.reached()).toBe(0);
  });

  it('does not follow a name to another address', async () => {
    await using inside = await privateServer();
    await using server = await httpServer(film.serve());
    const source = hls(server, 'film.m3u8', 'turning.example');
    await using stranger = superviseStranger(source, { ffmpeg, network: testNetwork() });
    await until('a refusal', () => stranger.status().state === 'failed');
    expect(stranger.status().problem).toEqual(refused('turning.example'));
    expect([inside.reached(), server.reached()]).toEqual([0, 0]);
  });

  it.each(['rtsp', 'rtsps'])('is not led to a private address by a redirect to %s', async (protocol) => {
    await using inside = await privateServer();
    await using server = await rtspServer({ redirect: `${protocol}://127.0.0.1:${inside.port}/x` });
    const url = `rtsp://public.example:${server.port}/cam`;
    await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network: testNetwork() });
    await until('a refusal', () => stranger.status().state === 'failed');
    expect(stranger.status().problem).toEqual(refused('127.0.0.1'));
    expect([inside.reached(), server.reached() > 0]).toEqual([0, true]);
  });

  it.each(['an HTTP redirect', 'an HLS segment', 'an HLS key', 'a DASH BaseURL'])(
    'is led there by %s without the fence: the attacks are real',
    async (what) => {
      await using inside = await privateServer();
      await using server = await httpServer(film.serve(ATTACKS[what]?.(inside.port)), '127.0.0.1');
      const source = hls(server, 'start', '127.0.0.1');
      const options = { ffmpeg, network: testNetwork(), allowPrivateUrls: true };
      await using _stranger = superviseStranger(source, options);
      await until('a connection', () => inside.reached() > 0);
    },
  );
});
