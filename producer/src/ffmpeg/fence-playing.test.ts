import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { until } from '@topicast/test/poll';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificate, FFMPEGS, type Film, ffmpegServing, hasOpenssl, makeFilm } from '../testing/film.js';
import { LiveFilm } from '../testing/live-film.js';
import { rtmpListener, rtspServer } from '../testing/live-servers.js';
import { httpServer, httpsServer, PUBLIC_ADDRESS, testNetwork } from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';

const each = FFMPEGS.map((ffmpeg) => [ffmpeg.version, ffmpeg] as const);
let film: Film;
beforeAll(async () => {
  film = await makeFilm();
});
afterAll(() => film[Symbol.dispose]());

describe.each(each)('a fenced ffmpeg %s', (_version, ffmpeg) => {
  const plays = async (url: string, network = testNetwork()): Promise<void> => {
    await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network });
    // A server that is a process may start later than the first try.
    await until('chunks', () => stranger.chunks.length > 30);
    expect(stranger.status().problem).toBeUndefined();
  };

  it.each(['film.m3u8', 'secret.m3u8', 'film.mp4', 'film.ts', 'film.mpd', 'moved'])(
    'plays %s',
    async (name) => {
      await using server = await httpServer(
        film.serve({ moved: (response) => response.writeHead(302, { location: '/film.m3u8?a=1' }).end() }),
      );
      await plays(`http://public.example:${server.port}/${name}`);
    },
  );

  it('plays a live stream without an end as it comes', async () => {
    const bytes = readFileSync(film.at('film.ts'));
    await using server = await httpServer((_request, response) => {
      let sent = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(sent, sent + bytes.length / 60));
        sent += bytes.length / 60;
      }, 100);
      response.once('close', () => clearInterval(timer));
    });
    await plays(`http://public.example:${server.port}/live`);
  });

  it('plays live HLS, whose playlist grows', async () => {
    const [head = '', ...segments] = readFileSync(film.at('film.m3u8'), 'utf8').split(/(?=#EXTINF)/);
    const began = Date.now();
    const live = (response: ServerResponse): unknown =>
      response.end(
        head +
          segments
            .slice(0, 1 + (Date.now() - began) / 1000)
            .join('')
            .replace(/#EXT-X-ENDLIST\s*/, ''),
      );
    await using server = await httpServer(film.serve({ 'live.m3u8': live }));
    const source = { kind: 'url', url: `http://public.example:${server.port}/live.m3u8` } as const;
    await using stranger = superviseStranger(source, { ffmpeg, network: testNetwork() });
    // Four of the segments of 25 pictures: the playlist was read again.
    await until('chunks', () => stranger.chunks.length > 100 || stranger.status().state === 'failed');
    expect(stranger.status().problem).toBeUndefined();
  });

  it('plays what asks for a name and a password', async () => {
    const serve = film.serve();
    await using server = await httpServer((request, response) =>
      request.headers.authorization === `Basic ${Buffer.from('ann:secret').toString('base64')}`
        ? serve(request, response)
        : response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    await plays(`http://ann:secret@public.example:${server.port}/film.ts`);
  });

  it('plays RTSP', async () => {
    await using server = await rtspServer({ transportStream: readFileSync(film.at('film.ts')) });
    await plays(`rtsp://public.example:${server.port}/cam`);
  });

  it.each(['fenced', 'direct'] as const)(
    'plays RTSP from a server that sends by UDP only, %s',
    async (way) => {
      await using live = new LiveFilm();
      await using server = await rtspServer({ live }, { byUdpOnly: true });
      const host = way === 'fenced' ? 'public.example' : PUBLIC_ADDRESS;
      const source = { kind: 'url', url: `rtsp://${host}:${server.port}/cam` } as const;
      const options = { ffmpeg, network: testNetwork(), allowPrivateUrls: way === 'direct' };
      await using stranger = superviseStranger(source, options);
      await until('chunks', () => stranger.chunks.length > 100);
      expect(stranger.status()).toMatchObject({ state: 'live', restarts: 0 });
    },
  );

  it.each(['fenced', 'direct'] as const)(
    'logs in to RTSP by digest with odd characters, and says so if it cannot, %s',
    async (way) => {
      const login = { user: 'ann', password: 'p@ss:w/rd#?%+ ü' };
      await using live = new LiveFilm();
      await using server = await rtspServer({ live }, { login, byUdpOnly: way === 'fenced' });
      const host = way === 'fenced' ? 'public.example' : PUBLIC_ADDRESS;
      const supervised = (password: string) =>
        superviseStranger(
          { kind: 'url', url: `rtsp://ann:${encodeURIComponent(password)}@${host}:${server.port}/cam` },
          { ffmpeg, network: testNetwork(), allowPrivateUrls: way === 'direct' },
        );
      await using right = supervised(login.password);
      await using wrong = supervised('wrong-pass');
      await until('chunks', () => right.chunks.length > 30);
      await until('a failure', () => wrong.status().state === 'failed');
      expect(right.status().problem).toBeUndefined();
      expect(wrong.status().problem).toMatch(/401.*user.*password/);
      for (const secret of [login.password, encodeURIComponent(login.password), 'wrong-pass', 'p%40ss']) {
        expect(JSON.stringify([right.status(), wrong.status()])).not.toContain(secret);
      }
    },
  );

  it('plays RTMP', async () => {
    await using server = await ffmpegServing(film, 'flv', (address) => [
      '-listen',
      '1',
      `rtmp://${address}/live/key`,
    ]);
    await plays(`rtmp://public.example:${server.port}/live/key`);
  });

  it.skipIf(!ffmpeg.protocols.has('srt'))('plays SRT', async () => {
    await using server = await ffmpegServing(film, 'mpegts', (address) => [`srt://${address}?mode=listener`]);
    await plays(`srt://public.example:${server.port}?mode=caller`);
  });

  it.skipIf(!ffmpeg.protocols.has('srt'))(
    'says that a passphrase of SRT is wrong, and does not repeat it',
    async () => {
      await using server = await ffmpegServing(film, 'mpegts', (address) => [
        `srt://${address}?mode=listener&passphrase=the-right-words`,
      ]);
      const supervised = (passphrase: string) =>
        superviseStranger(
          { kind: 'url', url: `srt://public.example:${server.port}?passphrase=${passphrase}` },
          { ffmpeg, network: testNetwork() },
        );
      {
        await using wrong = supervised('the-wrong-words');
        // The listener may start later than the first try.
        await until('a failure', () => wrong.status().problem?.includes('passphrase'));
        expect(JSON.stringify(wrong.status())).not.toContain('the-wrong-words');
      }
      await using right = supervised('the-right-words');
      await until('chunks', () => right.chunks.length > 30);
    },
  );

  it.each(['fenced', 'direct'] as const)(
    'says that what is protected cannot be streamed, %s',
    async (way) => {
      const key = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key",KEYFORMAT="com.apple.streamingkeydelivery"';
      const list = readFileSync(film.at('film.m3u8'), 'utf8').replace('#EXTINF', `${key}\n#EXTINF`);
      await using server = await httpServer(film.serve({ 'drm.m3u8': list }));
      const host = way === 'fenced' ? 'public.example' : PUBLIC_ADDRESS;
      const source = { kind: 'url', url: `http://${host}:${server.port}/drm.m3u8` } as const;
      const options = { ffmpeg, network: testNetwork(), allowPrivateUrls: way === 'direct' };
      await using stranger = superviseStranger(source, options);
      await until('a failure', () => stranger.status().state === 'failed');
      expect(stranger.status().problem).toContain('DRM');
      expect(stranger.chunks).toEqual([]);
    },
  );

  it.each(['live', 'live/key', 'live/inst/key', 'ondemand/a/b', 'live/mp4:a/b', 'live/a?b=c/d'])(
    'tells a server of RTMP the same application as without the fence: %s',
    async (where) => {
      const heard: string[] = [];
      await using server = await rtmpListener((tcUrl) => heard.push(tcUrl));
      for (const [host, allowPrivateUrls] of [
        [PUBLIC_ADDRESS, true],
        ['public.example', false],
      ] as const) {
        const source = { kind: 'url', url: `rtmp://${host}:${server.port}/${where}` } as const;
        const before = heard.length;
        await using _one = superviseStranger(source, { ffmpeg, network: testNetwork(), allowPrivateUrls });
        await until('a connect message', () => heard.length > before);
        expect(heard.at(-1)).toContain(`rtmp://${host}:${server.port}/`);
      }
      expect(heard.at(-1)?.replace('public.example', PUBLIC_ADDRESS)).toBe(heard[0]);
    },
  );

  describe.skipIf(!hasOpenssl)('with TLS', () => {
    it('plays HLS, whose playlist names addresses with TLS too', async () => {
      const names: unknown[] = [];
      const tls = certificate();
      const list = readFileSync(film.at('film.m3u8'), 'utf8');
      let port = 0;
      const serve = film.serve({
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
      await using server = await rtspServer({ transportStream: readFileSync(film.at('film.ts')) }, { tls });
      await plays(`rtsps://public.example:${server.port}/cam`, testNetwork(tls.cert));
    });

    it('does not take a certificate that nobody known has signed', async () => {
      await using server = await httpsServer(film.serve(), certificate());
      const url = `https://public.example:${server.port}/film.ts`;
      await using stranger = superviseStranger({ kind: 'url', url }, { ffmpeg, network: testNetwork() });
      await until('a failure', () => stranger.status().state === 'failed');
      expect(stranger.status().problem).toContain('certificate');
      expect(JSON.stringify(stranger.status())).not.toContain('_public');
    });
  });
});
