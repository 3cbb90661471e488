import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@topicast/test/free-ports';
import { nginxRtmpUnavailable, startNginxRtmp } from '@topicast/test/nginx-rtmp';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { FFMPEGS } from '../testing/film.js';
import { sendLive } from '../testing/sender.js';
import { superviseStranger } from '../testing/supervised.js';

/** A way to a server that closes its connections when it is told to. */
async function closingProxy(port: number) {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => undefined).once('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closeAll = (): void => {
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    closeAll,
    [Symbol.dispose]() {
      closeAll();
      server.close();
    },
  };
}

/** A supervised source, its longest pause, and the states that it was in. */
function watched(url: string, ffmpeg: (typeof FFMPEGS)[number]) {
  const arrivals: number[] = [];
  const states = new Set<string | undefined>();
  const stranger = superviseStranger(
    { kind: 'url', url },
    { ffmpeg, allowPrivateUrls: true, onChunk: () => arrivals.push(performance.now()) },
  );
  const look = setInterval(() => states.add(stranger.status().state), 5);
  return {
    ...{ arrivals, states },
    chunks: stranger.chunks,
    status: stranger.status,
    longestPause: () => Math.max(...arrivals.slice(1).map((at, n) => at - arrivals[n]!)),
    comes: async () => {
      const { length } = arrivals;
      await until('it goes on', () => arrivals.length > length + 60);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(look);
      await stranger[Symbol.asyncDispose]();
    },
  };
}

/** Seconds, of each packet of a track. */
function timesOf(transportStream: Buffer, track: string): number[] {
  const args = ['-v', 'error', '-f', 'mpegts', '-i', 'pipe:0', '-map', `0:${track}`, '-c', 'copy'];
  const list = execFileSync(FFMPEGS[0]!.path, [...args, '-copyts', '-f', 'framecrc', 'pipe:1'], {
    input: transportStream,
  }).toString();
  return [...list.matchAll(/^0, +(\d+),/gm)].map(([, time]) => Number(time) / 90_000);
}

describe.each(FFMPEGS.map((ffmpeg) => [ffmpeg.version, ffmpeg] as const))('by ffmpeg %s', (_, ffmpeg) => {
  describe.skipIf(nginxRtmpUnavailable)(
    `from an RTMP server${nginxRtmpUnavailable ? ` (skipped: ${nginxRtmpUnavailable})` : ''}`,
    () => {
      it.concurrent('a publisher that comes anew is on air at once, in the same session', async () => {
        await using server = await startNginxRtmp();
        const address = server.address('live', 'anew');
        let publisher = sendLive(address);
        await using source = watched(address, ffmpeg);
        await source.comes();
        // Its times begin at zero again, far behind those of the first one.
        await sleep(4_000);
        await publisher[Symbol.asyncDispose]();
        publisher = sendLive(address);
        await using _again = publisher;
        await source.comes();
        expect(source.longestPause()).toBeLessThan(2_500);
        expect(source.status()).toMatchObject({ state: 'live', restarts: 0 });
        // Both tracks have moved alike: the sound that comes fits to the pictures.
        expect(source.status().problem).toBeUndefined();
        const bytes = Buffer.concat(source.chunks.map(({ data }) => data));
        const [pictures, sound] = ['v', 'a'].map((track) => timesOf(bytes, track));
        expect(pictures).toEqual(pictures!.toSorted((one, other) => one - other));
        expect(Math.abs(pictures!.at(-1)! - sound!.at(-1)!)).toBeLessThan(0.5);
      });

      it.concurrent('a server that closes the connection is called again at once', async () => {
        await using server = await startNginxRtmp();
        const address = server.address('live', 'closed');
        await using _publisher = sendLive(address);
        const { port } = new URL(address);
        using proxy = await closingProxy(Number(port));
        await using source = watched(address.replace(port, String(proxy.port)), ffmpeg);
        await source.comes();
        proxy.closeAll();
        await until('another session', () => source.status().restarts === 1);
        await source.comes();
        // ffmpeg looks at the source for a second, which begins at a keyframe.
        expect(source.longestPause()).toBeLessThan(3_500);
        expect(source.states).not.toContain('failed');
      });
    },
  );

  it.skipIf(!ffmpeg.protocols.has('srt'))(
    'a second caller breaks nothing, and another one is taken when the first has left',
    async () => {
      const [port] = await freePorts(1);
      const address = `srt://127.0.0.1:${port}`;
      await using source = watched(`${address}?mode=listener`, ffmpeg);
      await until('it says that it waits', () => source.status().problem?.includes('waits for a sender'));
      expect(source.status().state).toBe('starting');
      const first = sendLive(address);
      await source.comes();
      expect(source.status().problem).toBeUndefined();
      await using second = sendLive(address);
      await until('the second one is turned away', () => second.gone());
      await source.comes();
      expect(source.status()).toMatchObject({ state: 'live', restarts: 0 });
      await first[Symbol.asyncDispose]();
      await until('it says that it waits', () => source.status().problem?.includes('waits for a sender'));
      await until('it listens again', () => source.status().restarts === 1);
      await using _third = sendLive(address);
      await source.comes();
      expect(source.status().state).toBe('live');
      expect(source.states).not.toContain('failed');
    },
  );
});
