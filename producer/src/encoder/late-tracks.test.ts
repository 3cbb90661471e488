import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@topicast/contracts/http';
import { nginxRtmpUnavailable, startNginxRtmp } from '@topicast/test/nginx-rtmp';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { LiveFilm } from '../testing/live-film.js';
import { rtspServer } from '../testing/live-servers.js';
import { httpServer } from '../testing/source-servers.js';
import { superviseStranger } from '../testing/supervised.js';

const [newest] = FFMPEGS;

/** Sends it as OBS would. */
function publish(address: string, ...words: string[]): AsyncDisposable {
  const pictures = ['-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25'];
  const coded = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -c:a aac'.split(' ');
  const child: ChildProcess = spawn(
    newest!.path,
    ['-v', 'error', '-nostdin', ...pictures, '-re', ...words, ...coded, '-f', 'flv', address],
    { stdio: 'ignore' },
  );
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Both tracks are on air in the end, without a restart; @returns what went before */
async function takesBoth(stranger: ReturnType<typeof superviseStranger>) {
  const kinds = () =>
    stranger
      .status()
      .catalog?.renditions[0]?.tracks.map(({ kind }) => kind)
      .sort() ?? [];
  const before = new Set<string>();
  await until('both tracks are on air', async () => {
    if (kinds().length > 0) before.add(kinds().join(' and '));
    return kinds().length === 2;
  });
  // It goes on with them.
  const { length } = stranger.chunks;
  await until('it goes on', async () => stranger.chunks.length > length + 50);
  expect(stranger.status()).toMatchObject({ state: 'live', restarts: 0 });
  expect(kinds()).toEqual(['audio', 'video']);
  return [...before];
}

describe.each(FFMPEGS.map((ffmpeg) => [ffmpeg.version, ffmpeg] as const))('by ffmpeg %s', (_, ffmpeg) => {
  describe.skipIf(nginxRtmpUnavailable)(
    `from an RTMP server${nginxRtmpUnavailable ? ` (skipped: ${nginxRtmpUnavailable})` : ''}`,
    () => {
      it.concurrent('sound that comes after the picture is taken in, and nobody sees a pause', async () => {
        await using server = await startNginxRtmp();
        const address = server.address('live', 'late');
        await using _publisher = publish(
          ...[address, '-itsoffset', '6', '-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-g', '25'],
        );
        await sleep(2_000);
        const arrivals: number[] = [];
        const options = { ffmpeg, allowPrivateUrls: true, onChunk: () => arrivals.push(performance.now()) };
        await using stranger = superviseStranger({ kind: 'url', url: address }, options);
        expect(await takesBoth(stranger)).toEqual(['video', 'audio and video']);
        const pauses = arrivals.slice(1).map((at, n) => at - arrivals[n]!);
        expect(Math.max(...pauses)).toBeLessThan(1_000);
      });

      it.concurrent('a picture that comes at the next keyframe only is taken in', async () => {
        await using server = await startNginxRtmp();
        const address = server.address('waiting', 'rare');
        await using _publisher = publish(
          ...[address, '-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-g', '100'],
        );
        await sleep(2_000);
        await using stranger = superviseStranger(
          { kind: 'url', url: address },
          { ffmpeg, allowPrivateUrls: true },
        );
        await takesBoth(stranger);
      });
    },
  );

  const world = {
    http: (live: LiveFilm) =>
      httpServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'video/mp2t' });
        response.once(
          'close',
          live.follow((packets) => response.write(packets)),
        );
      }),
    rtsp: (live: LiveFilm) => rtspServer({ live }),
  };
  it.concurrent.each(['http', 'rtsp'] as const)(
    'sound that is announced and does not come keeps nothing back over %s, and is taken in when it comes',
    async (protocol) => {
      await using live = new LiveFilm();
      live.missing = 'audio';
      await using server = await world[protocol](live);
      const source: Source = { kind: 'url', url: `${protocol}://127.0.0.2:${server.port}/x` };
      await using stranger = superviseStranger(source, { ffmpeg, allowPrivateUrls: true });
      await until('the picture is on air', async () => stranger.status().state === 'live');
      expect(stranger.status().notes?.join()).toContain('announces sound');
      await sleep(2_000);
      live.missing = undefined;
      expect(await takesBoth(stranger)).toEqual(['video', 'audio and video']);
      expect(stranger.status().notes?.join()).not.toContain('announces sound');
    },
  );
});
