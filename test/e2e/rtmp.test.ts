import type { CreatedStream } from '@topicast/contracts/http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { type Services, startServices } from '../support/services.js';

describe('the player, on a stream that an encoder publishes', () => {
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;

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
    second.child.kill('SIGKILL');
    await second.ended;
    await services.untilState('show', 'offline');
    await using _third = startRtmpEncoder(address);
    await services.untilState('show', 'live');
    await plays(page);
    expect((await playback(page)).states).not.toContain('failed');
    await page.close();
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
