import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { serveRenditions } from '../support/rendition-server.js';
import { catalogOf, encodeTwoRenditions, SIZES } from '../support/two-renditions.js';

const SECONDS = 90;
const SWITCHES = 10;

/** A picture as it was presented. */
interface Shown {
  readonly mediaTime: number;
  readonly width: number;
  /** Counts all of them: where it jumps, this page was too busy to be asked. */
  readonly presented: number;
  /** 0 to 255, of all of the picture. */
  readonly brightness: number;
}

/** Begin to note every picture of the page's player. */
const watchPictures = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
    if (!video || !context) throw new Error('nothing to watch');
    const shown: Shown[] = [];
    const errors: string[] = [];
    Object.assign(window, { shown, errors });
    video.addEventListener('error', () => errors.push(video.error?.message ?? 'an error'));
    const seen: VideoFrameRequestCallback = (_now, { mediaTime, width, presentedFrames }) => {
      video.requestVideoFrameCallback(seen);
      context.drawImage(video, 0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      const brightness = data.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / 192;
      shown.push({ mediaTime, width, presented: presentedFrames, brightness });
    };
    video.requestVideoFrameCallback(seen);
  });

const readPictures = (page: Page) =>
  page.evaluate(() => {
    const { shown, errors } = window as unknown as { shown: Shown[]; errors: string[] };
    const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    const { buffered } = video ?? {};
    const ranges = Array.from({ length: buffered?.length ?? 0 }, (_, n) => [
      buffered?.start(n),
      buffered?.end(n),
    ]);
    return { shown, errors, ranges };
  });

const want = (page: Page, rendition: number | 'auto') =>
  page.evaluate((wanted) => {
    Object.assign(document.querySelector('topicast-player') ?? {}, { rendition: wanted });
  }, rendition);

describe('a stream in two renditions', () => {
  let pages: PageServer;
  let browser: BrowserContext;
  let renditions: Awaited<ReturnType<typeof encodeTwoRenditions>>;

  beforeAll(async () => {
    [pages, browser, renditions] = await Promise.all([
      servePlayerPages(),
      launchChromium(),
      encodeTwoRenditions(SECONDS),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
  });

  // Tried again where the picture stood: on a busy machine it does that for reasons of its own.
  it('switched ten times: the picture goes on, and follows', { retry: 2 }, async () => {
    await using server = await serveRenditions(renditions, catalogOf(1));
    await using page = await browser.newPage();
    await openPlayer(page, pages, '/player', server.address);
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
    // What every join brings is none of a switch's business.
    await page.waitForTimeout(2000);
    await watchPictures(page);
    const before = await playback(page);
    for (let n = 0; n < SWITCHES; n++) {
      const rendition = (n + 1) % 2;
      await want(page, rendition);
      await until(`pictures of rendition ${rendition}`, async () => {
        const { shown } = await readPictures(page);
        return shown.at(-1)?.width === SIZES[rendition]?.width;
      });
      await page.waitForTimeout(Math.random() * 1500);
    }
    const after = await playback(page);
    const { shown, errors, ranges } = await readPictures(page);
    expect(errors).toEqual([]);
    expect(after.states.slice(before.states.length)).toEqual([]);
    expect(after.stats).toMatchObject({
      stalls: before.stats.stalls,
      seeks: before.stats.seeks,
      chunksLost: 0,
    });
    expect(ranges).toHaveLength(1);
    expect(shown.filter(({ brightness }) => brightness < 40)).toEqual([]);
    const gaps = shown.flatMap((picture, at) => {
      const last = shown[at - 1];
      return last && picture.presented === last.presented + 1 ? [picture.mediaTime - last.mediaTime] : [];
    });
    expect(Math.max(...gaps)).toBeLessThanOrEqual(0.1);
  });
  it('plays the one whose codec the browser has, where it lacks that of the best', async () => {
    const [best, other] = catalogOf(1).renditions;
    const hevc = { ...best!, tracks: [{ kind: 'video' as const, codec: 'hvc1.1.6.L93.90' }] };
    await using server = await serveRenditions(renditions, { session: 1, renditions: [hevc, other!] });
    await using page = await browser.newPage();
    await openPlayer(page, pages, '/player', server.address);
    await until('it plays', async () => (await playback(page)).stats.width === SIZES[1].width);
    const { states, stats } = await playback(page);
    expect(states).not.toContain('failed');
    expect(stats.rendition).toBe(1);
  });

  it('says in one sentence which codec the browser lacks, where there is no other', async () => {
    const tracks = [{ kind: 'video' as const, codec: 'hvc1.1.6.L93.90' }];
    const catalog = { session: 1, renditions: [{ rendition: 0, tracks }] };
    await using server = await serveRenditions(renditions, catalog);
    await using page = await browser.newPage();
    await openPlayer(page, pages, '/player', server.address);
    await until('it gives up', async () => (await playback(page)).states.at(-1) === 'failed');
    const state = await page.evaluate(() => Reflect.get(document.querySelector('topicast-player')!, 'state'));
    expect(state).toMatchObject({
      problem: { reason: 'unsupported', message: 'This browser cannot play HEVC video (hvc1.1.6.L93.90).' },
    });
  });
});
