import { streamId } from '@topicast/contracts/stream-id';
import type { PlayerStats } from '@topicast/player';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBarcodeSource } from '../support/barcode-source.js';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import { footage } from '../support/footage.js';
import { quantile, readGlass, watchGlass } from '../support/glass.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { childrenOf } from '../support/processes.js';
import { type Services, startServices, testInput } from '../support/services.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

describe('the player in Chromium, on a page of another origin', () => {
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;

  beforeAll(async () => {
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices({
      inputs: [
        testInput('demo'),
        {
          id: streamId('film'),
          title: 'Film',
          source: { kind: 'file', path: footage('tears-of-steel-clip.webm').path },
        },
        {
          id: streamId('camera'),
          title: 'Camera',
          source: { kind: 'file', path: footage('flower.mp4').path },
        },
        {
          id: streamId('copied'),
          title: 'Copied',
          source: { kind: 'file', path: footage('flower.mp4').path, copy: true },
        },
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
  });

  const open = async (
    id: string,
    path: '/player' | '/plain' | '/twice' | '/mpegts' = '/player',
    address = services.address(id),
  ): Promise<Page> => {
    await services.untilState(id, 'live');
    const page = await browser.newPage();
    await openPlayer(page, pages, path, address);
    return page;
  };
  /** Pictures and sound go on from here. */
  const plays = async (page: Page, { sound = true } = {}) => {
    const before = await until('there is a video', () => playback(page));
    await until('the picture moves and sound decodes', async () => {
      const now = await playback(page);
      const moved = now.time > before.time + 1 && now.pictures > before.pictures + 20;
      return moved && (!sound || now.audioBytes > before.audioBytes);
    });
  };

  it.each(['demo', 'film', 'camera', 'copied'])('%s: the picture moves and sound decodes', async (id) => {
    const page = await open(id);
    await plays(page);
    const { states } = await playback(page);
    expect(states).toContain('playing');
    await page.close();
  });

  it('mpegts.js plays the raw stream', async () => {
    const page = await open('demo', '/mpegts');
    await plays(page);
    await page.close();
  });

  it('two viewers see the same stream, and one leaving does not disturb the other', async () => {
    const [first, second] = [await open('demo'), await open('demo')];
    await Promise.all([plays(first), plays(second)]);
    const { body } = await services.api('GET', '/api/streams/demo');
    expect(body).toMatchObject({ viewers: 2 });
    await first.close();
    await plays(second);
    await until('one viewer is counted', async () => {
      const { body } = await services.api('GET', '/api/streams/demo');
      return (body as { viewers: number }).viewers === 1;
    });
    await second.close();
  });

  it('a gateway restarted in the middle: the picture goes on without a reload and without a lost chunk', async () => {
    const page = await open('demo');
    await plays(page);
    await services.restartGateway(4_000);
    await until('it has connected again', async () => Number((await playback(page)).stats.reconnects) > 0);
    await plays(page);
    const { stats } = await playback(page);
    expect(stats.chunksLost).toBe(0);
    await page.close();
  });

  it('a gateway that goes down: the player moves to the other one, and nothing shows', {
    timeout: 400_000,
  }, async () => {
    const staying = await services.anotherGateway(0);
    await whenCalm(async () => {
      const going = await services.anotherGateway(60);
      // Without the browser's own controls, whose media source may stand still on a busy machine anyway.
      await using page = await open('demo', '/plain', `${going.address('demo')} ${staying.address('demo')}`);
      await plays(page, { sound: false });
      const before = await playback(page);
      await going.gateway.close();
      await plays(page, { sound: false });
      const { stats, states } = await playback(page);
      const response = await fetch(`http://127.0.0.1:${staying.gateway.port}/api/streams/demo`);
      expect(await response.json()).toMatchObject({ viewers: 1 });
      expect(stats).toMatchObject({ reconnects: 0, chunksLost: 0, chunksSkipped: 0 });
      // Not even `buffering`.
      expect(states.slice(before.states.length)).toEqual([]);
    });
    await staying.gateway.close();
  });

  it('two connections at once: one hangs, and then the other one breaks, and nothing is lost', async () => {
    const [one, two] = await Promise.all([services.anotherGateway(0), services.anotherGateway(0)]);
    const proxy = await startTcpProxy();
    proxy.forwardTo(one.gateway.port);
    const page = await open(
      'demo',
      '/twice',
      `ws://127.0.0.1:${proxy.port}/live/demo ${two.address('demo')}`,
    );
    const untilOpen = (both: string) =>
      until(`the connections are open: ${both}`, async () => {
        const { stats } = (await playback(page)) as unknown as { stats: PlayerStats };
        return stats.ways?.map(({ open }) => open).join() === both;
      });
    await plays(page);
    await untilOpen('true,true');
    proxy.cut();
    await untilOpen('false,true');
    await plays(page);
    proxy.heal();
    await untilOpen('true,true');
    await two.gateway.close();
    await untilOpen('true,false');
    await plays(page);
    const { stats } = await playback(page);
    expect(stats).toMatchObject({ reconnects: 0, chunksLost: 0, chunksSkipped: 0 });
    await page.close();
    await proxy.close();
    await one.gateway.close();
  });

  it('an encoder killed: the stream comes back by itself', async () => {
    const page = await open('demo');
    await plays(page);
    const before = (await services.untilState('demo', 'live')).session as number;
    const encoders = childrenOf(process.pid).filter(
      ({ command }) => /ffmpeg/.test(command) && /topicast|lavfi|rawvideo/.test(command),
    );
    expect(encoders.length).toBeGreaterThan(0);
    for (const { pid } of encoders) process.kill(pid, 'SIGKILL');
    await until('a higher session is live', async () => {
      const { body } = await services.api('GET', '/api/streams/demo');
      const { state, session } = body as { state: string; session: number };
      return state === 'live' && session > before;
    });
    await plays(page);
    await page.close();
  });

  it('a stream stopped: the player says so, and plays by itself when it is started again', async () => {
    const page = await open('demo');
    await plays(page);
    expect((await services.api('POST', '/api/streams/demo/stop')).status).toBe(202);
    await until(
      'the player says that it has ended',
      async () => (await playback(page)).states.at(-1) === 'ended',
    );
    expect((await services.api('POST', '/api/streams/demo/start')).status).toBe(202);
    await until('it plays again', async () => (await playback(page)).states.at(-1) === 'playing');
    await plays(page);
    await page.close();
  });
});

describe('with the time in the picture', () => {
  it('reads its latency from the screen, which agrees with the latency the player shows', async () => {
    const [services, pages, browser] = await Promise.all([
      startServices(),
      servePlayerPages(),
      launchChromium(),
    ]);
    const source = await startBarcodeSource(services.log, 'code');
    try {
      await services.untilState('code', 'live');
      const page = await browser.newPage();
      await openPlayer(page, pages, '/player', services.address('code'));
      await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
      await watchGlass(page);
      // This asserts no speed, only that the displayed value is true, whatever it is on this machine.
      await until('screen and player agree', async () => {
        await page.waitForTimeout(2000);
        const { latencies } = await readGlass(page);
        const seen = quantile(latencies, 0.5);
        const shown = Number((await playback(page)).stats.latencyMs);
        return Math.abs(shown - seen) < 0.5 * seen + 100;
      });
    } finally {
      await source.close();
      await browser.close();
      await services.close();
      await pages.close();
    }
  });
});
