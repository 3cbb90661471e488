import type { CreatedStream } from '@topicast/contracts/http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { type Services, startServices } from '../support/services.js';

/** Mean of the picture that is seen, 0 to 255. */
const brightness = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    const context = new OffscreenCanvas(32, 18).getContext('2d');
    if (!video || !context) throw new Error('no video');
    context.drawImage(video, 0, 0, 32, 18);
    const { data } = context.getImageData(0, 0, 32, 18);
    return data.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / (32 * 18 * 3);
  });

describe('the player, on a stream that an encoder publishes', () => {
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;
  let streams = 0;

  beforeAll(async () => {
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices();
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
  });

  const newStream = async (id: string): Promise<string> => {
    const { body } = await services.api('POST', '/api/streams', { id, source: { kind: 'ingest' } });
    const { rtmp, key } = (body as CreatedStream).ingest!;
    return `${rtmp}/${key}`;
  };
  const plays = async (page: Page): Promise<void> => {
    const before = await until('there is a video', () => playback(page));
    await until('the picture moves', async () => {
      const now = await playback(page);
      return now.time > before.time + 2 && now.pictures > before.pictures + 40;
    });
  };

  it('waits for it, plays, and goes on when another one takes over, or comes back', async () => {
    const address = await newStream('show');
    const page = await browser.newPage();
    await openPlayer(page, pages, '/player', services.address('show'));
    await using first = startRtmpEncoder(address);
    await plays(page);
    const second = startRtmpEncoder(address);
    await first.ended;
    await plays(page);
    second.child.kill('SIGINT');
    await second.ended;
    await services.untilState('show', 'offline');
    await using _third = startRtmpEncoder(address);
    await services.untilState('show', 'live');
    await plays(page);
    expect((await playback(page)).states).not.toContain('failed');
    await page.close();
  });

  it('shows a slate while it is away, and hardly stops', async () => {
    await whenCalm(async () => {
      const id = `away-${++streams}`;
      const address = await newStream(id);
      const page = await browser.newPage();
      await openPlayer(page, pages, '/player', services.address(id));
      const first = startRtmpEncoder(address);
      await plays(page);
      const before = await brightness(page);
      const { states } = await playback(page);
      await watchPicture(page);
      first.child.kill('SIGKILL');
      await until('the slate is seen', async () => (await brightness(page)) < before * 0.7);
      await plays(page);
      await using _second = startRtmpEncoder(address);
      await until('the encoder is seen again', async () => (await brightness(page)) > before * 0.9);
      await plays(page);
      const times = await presentedAt(page);
      const pauses = times.slice(1).map((time, index) => time - times[index]!);
      expect(Math.max(...pauses)).toBeLessThan(500);
      const after = await playback(page);
      expect(after.states).toEqual(states);
      expect(after.stats).toMatchObject({ reconnects: 0, chunksLost: 0 });
      await page.close();
    });
  });

  it('plays B-frames', async () => {
    const address = await newStream('film');
    await using _encoder = startRtmpEncoder(address, {
      video: '-c:v libx264 -preset ultrafast -bf 3 -g 30 -pix_fmt yuv420p',
    });
    const page = await browser.newPage();
    await openPlayer(page, pages, '/player', services.address('film'));
    await plays(page);
    await page.close();
  });
});
