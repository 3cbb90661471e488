import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rtmpListener, rtspServer } from '../testing/live-servers.js';
import {
  httpServer,
  httpsServer,
  type KeyPair,
  privateServer,
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

/** An ffmpeg that serves the film to one client at a free port of the public address. */
async function ffmpegServing(format: string, output: (port: number) => string[]) {
  const { port, [Symbol.asyncDispose]: free } = await httpServer(() => undefined);
  await free();
  const input = ['-re', '-stream_loop', '-1', '-i', at('film.ts'), '-c', 'copy', '-bsf:a', 'aac_adtstoasc'];
  const copied = format === 'flv' ? input : input.slice(0, -2);
  const child = spawn(ffmpegs[0]!.path, ['-v', 'error', ...copied, '-f', format, ...output(port)], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A key, and a certificate for public.example that it signed itself. */
function certificate(): KeyPair {
  const pem = execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', '-', '-subj', '/CN=test', '-addext', 'subjectAltName=DNS:public.example'],
  ]).toString();
  const [key = '', cert = ''] = pem.split(/(?=-----BEGIN CERTIFICATE)/);
  return { key, cert };
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

  it.each(['an HTTP redirect', 'an HLS segment', 'an HLS key', 'a DASH BaseURL'])(
    'is led there by %s without the fence: the attacks are real',
    async (what) => {
      await using inside = await privateServer();
      await using server = await httpServer(files(ATTACKS[what]?.(inside.port)), '127.0.0.1');
      const source = hls(server, 'start', '127.0.0.1');
      const options = { ffmpeg, network: testNetwork(), allowPrivateUrls: true };
      await using _stranger = superviseStranger(source, options);
      await eventually(() => inside.reached() > 0, 'a connection');
    },
  );

  it.each(['film.m3u8', 'film.mp4', 'film.ts', 'film.mpd', 'moved'])('plays %s', async (name) => {
    await using server = await httpServer(files({ moved: redirectTo('/film.m3u8?a=1') }));
    await using stranger = superviseStranger(hls(server, name), { ffmpeg, network: testNetwork() });
    await eventually(() => stranger.chunks.length > 30 || stranger.status().problem, 'chunks');
    expect(stranger.status().problem).toBeUndefined();
  });

  const plays = async (url: string, network = testNetwork()): Promise<void> => {
    await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network });
    await eventually(() => stranger.chunks.length > 30 || stranger.status().state === 'failed', 'chunks');
    expect(stranger.status().problem).toBeUndefined();
  };

  it('plays a live stream without an end as it comes', async () => {
    const film = readFileSync(at('film.ts'));
    await using server = await httpServer((_request, response) => {
      let sent = 0;
      const timer = setInterval(() => {
        response.write(film.subarray(sent, sent + film.length / 60));
        sent += film.length / 60;
      }, 100);
      response.once('close', () => clearInterval(timer));
    });
    await plays(`http://public.example:${server.port}/live`);
  });

  it('plays live HLS, whose playlist grows', async () => {
    const [head = '', ...segments] = readFileSync(at('film.m3u8'), 'utf8').split(/(?=#EXTINF)/);
    const began = Date.now();
    const live = (response: ServerResponse): unknown =>
      response.end(
        head +
          segments
            .slice(0, 1 + (Date.now() - began) / 1000)
            .join('')
            .replace(/#EXT-X-ENDLIST\s*/, ''),
      );
    await using server = await httpServer(files({ 'live.m3u8': live }));
    const source = hls(server, 'live.m3u8');
    await using stranger = superviseStranger(source, { ffmpeg, network: testNetwork() });
    // Four of the segments of 25 pictures: the playlist was read again.
    await eventually(() => stranger.chunks.length > 100 || stranger.status().state === 'failed', 'chunks');
    expect(stranger.status().problem).toBeUndefined();
  });

  it('plays what asks for a name and a password', async () => {
    const serve = files();
    await using server = await httpServer((request, response) =>
      request.headers.authorization === `Basic ${Buffer.from('ann:secret').toString('base64')}`
        ? serve(request, response)
        : response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    await plays(`http://ann:secret@public.example:${server.port}/film.ts`);
  });

  it('plays RTSP', async () => {
    await using server = await rtspServer({ transportStream: readFileSync(at('film.ts')) });
    await plays(`rtsp://public.example:${server.port}/cam`);
  });

  it('plays RTMP', async () => {
    await using server = await ffmpegServing('flv', (port) => [
      '-listen',
      '1',
      `rtmp://127.0.0.2:${port}/live/key`,
    ]);
    await plays(`rtmp://public.example:${server.port}/live/key`);
  });

  it.skipIf(!ffmpeg.protocols.has('srt'))('plays SRT', async () => {
    await using server = await ffmpegServing('mpegts', (port) => [`srt://127.0.0.2:${port}?mode=listener`]);
    await plays(`srt://public.example:${server.port}?mode=caller`);
  });

  it.each(['live', 'live/key', 'live/inst/key', 'ondemand/a/b', 'live/mp4:a/b', 'live/a?b=c/d'])(
    'tells an RTMP server the same application as without the fence: %s',
    async (where) => {
      const heard: string[] = [];
      await using server = await rtmpListener((tcUrl) => heard.push(tcUrl));
      const source = { kind: 'url', url: `rtmp://127.0.0.2:${server.port}/${where}` } as const;
      for (const allowPrivateUrls of [true, false]) {
        const before = heard.length;
        await using _one = superviseStranger(source, { ffmpeg, network: testNetwork(), allowPrivateUrls });
        await eventually(() => heard.length > before, 'a connect message');
      }
      expect(new Set(heard).size).toBe(1);
      expect(heard[0]).toContain(`rtmp://127.0.0.2:${server.port}/`);
    },
  );

  describe.skipIf(!hasOpenssl)('with TLS', () => {
    it('plays HLS, whose playlist names addresses with TLS too', async () => {
      const names: (string | false | undefined)[] = [];
      const tls = certificate();
      const list = readFileSync(at('film.m3u8'), 'utf8');
      let port = 0;
      const serve = files({
        'far.m3u8': (response) => response.end(list.replace(/film\d/g, `https://public.example:${port}/$&`)),
      });
      await using server = await httpsServer((request, response) => {
        names.push((request.socket as TLSSocket).servername);
        return serve(request, response);
      }, tls);
      port = server.port;
      await plays(`https://public.example:${port}/far.m3u8`, testNetwork(tls.cert));
      expect(new Set(names)).toEqual(new Set(['public.example']));
    });

    it('plays RTSP', async () => {
      const tls = certificate();
      await using server = await rtspServer({ transportStream: readFileSync(at('film.ts')) }, tls);
      await plays(`rtsps://public.example:${server.port}/cam`, testNetwork(tls.cert));
    });

    it('does not take a certificate that nobody known has signed', async () => {
      await using server = await httpsServer(files(), certificate());
      const url = `https://public.example:${server.port}/film.ts`;
      await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network: testNetwork() });
      await eventually(() => stranger.status().state === 'failed', 'a failure');
      expect(stranger.status().problem).toContain('certificate');
      expect(JSON.stringify(stranger.status())).not.toContain('_public');
    });
  });
});
