import { streamId } from '@topicast/contracts/stream-id';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';

const SWITCHES = 10;
const WIDTHS = [960, 640, 320] as const;
/** A busy machine does not stall the player with this much in hand, but a switch that holds media back does. */
const CUSHION_MS = 800;

/** A picture as it was presented. */
interface Shown {
  /** When, in ms. */
  readonly at: number;
  readonly mediaTime: number;
  readonly width: number;
  /** The count of all presented pictures. It jumps where the page was too busy for a callback. */
  readonly presented: number;
  /** The mean of the whole picture, 0 to 255. */
  readonly brightness: number;
}

/** Begin to record every picture of the page's player. */
const watchPictures = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
    if (!video || !context) throw new Error('nothing to watch');
    const shown: Shown[] = [];
    const errors: string[] = [];
    Object.assign(window, { shown, errors });
    video.addEventListener('error', () => errors.push(video.error?.message ?? 'an error'));
    const seen: VideoFrameRequestCallback = (at, { mediaTime, width, presentedFrames }) => {
      video.requestVideoFrameCallback(seen);
      context.drawImage(video, 0, 0, 8, 8);
      const { data } = context.getImageData(0, 0, 8, 8);
      const brightness = data.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / 192;
      shown.push({ at, mediaTime, width, presented: presentedFrames, brightness });
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

const longestGapMs = (shown: readonly Shown[]): number =>
  Math.max(...shown.slice(1).map(({ at }, before) => at - shown[before]!.at));

const want = (page: Page, rendition: number | 'auto') =>
  page.evaluate((wanted) => {
    Object.assign(document.querySelector('topicast-player') ?? {}, { rendition: wanted });
  }, rendition);

describe('a stream in three renditions, from its encoder to the screen', () => {
  let pages: PageServer;
  let browser: BrowserContext;
  let services: Services;

  beforeAll(async () => {
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices({
      inputs: [
        {
          id: streamId('ladder'),
          title: 'Ladder',
          source: { kind: 'test' },
          ladder: [{ height: 540 }, { height: 360 }, { height: 180 }],
        },
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
  });

  it('plays on through ten switches, and shows each rendition', { timeout: 400_000 }, () =>
    whenCalm(async () => {
      await services.untilState('ladder', 'live');
      await using page = await browser.newPage();
      await openPlayer(page, pages, '/player', services.address('ladder'), CUSHION_MS);
      await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
      // Let the effects of the join pass, because this test is about switches.
      await page.waitForTimeout(2000);
      await watchPictures(page);
      const before = await playback(page);
      for (let n = 0; n < SWITCHES; n++) {
        const rendition = (n + 1) % WIDTHS.length;
        await want(page, rendition);
        await until(`pictures of rendition ${rendition}`, async () => {
          const { shown } = await readPictures(page);
          return shown.at(-1)?.width === WIDTHS[rendition];
        });
        await page.waitForTimeout(Math.random() * 1500);
      }
      const after = await playback(page);
      const { shown, errors, ranges } = await readPictures(page);
      expect(errors).toEqual([]);
      expect(after.states.slice(before.states.length)).toEqual([]);
      expect(after.stats).toMatchObject({ seeks: before.stats.seeks, chunksLost: 0 });
      // A decoder of another size begins, which takes a busy machine longer than a picture is shown.
      expect(longestGapMs(shown)).toBeLessThan(500);
      expect(ranges).toHaveLength(1);
      expect(shown.filter(({ brightness }) => brightness < 40)).toEqual([]);
      const gaps = shown.flatMap((picture, at) => {
        const last = shown[at - 1];
        return last && picture.presented === last.presented + 1 ? [picture.mediaTime - last.mediaTime] : [];
      });
      expect(Math.max(...gaps)).toBeLessThanOrEqual(0.1);
    }),
  );
});
