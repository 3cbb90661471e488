import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import { type PageServer, servePages } from '../support/page-server.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { playback, playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';

const PAGE = `<!doctype html><meta charset="utf-8"><title>Sound alone</title>
<topicast-player autoplay out-of-sight="audio" style="width:640px"></topicast-player>
<script type="module" src="/topicast-player.js"></script>
<script type="module">
  const player = document.querySelector('topicast-player');
  window.states = [];
  player.addEventListener('statechange', (event) => window.states.push(event.detail.name));
  player.addEventListener('stats', (event) => { window.stats = event.detail; });
  player.src = decodeURIComponent(location.hash.slice(1));
</script>`;

let services: Services;
let browser: BrowserContext;
let pages: PageServer;

beforeAll(async () => {
  pages = await servePages({ ...playerFile(), '/': PAGE });
  browser = await launchChromium();
  services = await startServices({ inputs: [testInput('scene')] });
  await services.untilState('scene', 'live');
});
afterAll(async () => {
  await browser?.close();
  await services?.close();
  await pages?.close();
});

const hide = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
const statOf = async (page: Page, name: string): Promise<number> =>
  Number((await playback(page)).stats[name] ?? 0);

/** Listen for a while. @param halfway done then @returns the share of the time in which there was sound */
async function listen(page: Page, halfway?: () => Promise<void>) {
  const before = (await playback(page)).stats;
  const startedAt = Date.now();
  await page.waitForTimeout(4_000);
  const bitrate = await statOf(page, 'bitrate');
  await halfway?.();
  await page.waitForTimeout(4_000);
  const { stats } = await playback(page);
  const of = (name: string) => Number(stats[name]) - Number(before[name]);
  return { bitrate, share: of('soundHeardMs') / (Date.now() - startedAt), underruns: of('soundUnderruns') };
}

it(
  'a hidden page has the sound without a break, a fraction of the bytes, and the picture back soon',
  {
    timeout: 400_000,
  },
  () =>
    whenCalm(async () => {
      await using page = await browser.newPage();
      await page.goto(`${pages.origin}/#${encodeURIComponent(services.address('scene'))}`);
      await until('it is heard beside the picture', async () => (await statOf(page, 'soundHeardMs')) > 3_000);
      await watchPicture(page);
      const bitrate = await until(
        'its bitrate is known',
        async () => (await statOf(page, 'bitrate')) || undefined,
      );
      const seen = await listen(page);
      const before = await playback(page);

      await hide(page, true);
      await until('the picture is left out', async () => {
        const now = await statOf(page, 'bitrate');
        return now > 0 && now < bitrate * 0.3;
      });
      const pictures = (await presentedAt(page)).length;
      const alone = await listen(page, async () => {
        await hide(page, false);
        const seenAt = await page.evaluate(() => Date.now());
        const backAt = await until('the picture is back', async () =>
          (await presentedAt(page)).slice(pictures).find((at) => at > seenAt),
        );
        expect(backAt - seenAt).toBeLessThan(5_000);
        console.info(`the picture is back after ${Math.round(backAt - seenAt)} ms`);
      });
      const { states, stats } = await playback(page);
      console.info(
        `heard ${seen.share.toFixed(2)} with, ${alone.share.toFixed(2)} without the picture;`,
        `${seen.underruns} and ${alone.underruns} underruns; ${bitrate} and ${alone.bitrate} bit/s`,
      );
      expect(stats).toMatchObject({ soundIn: 'worklet', reconnects: 0, chunksLost: 0, chunksSkipped: 0 });
      expect(seen.share).toBeGreaterThan(0.9);
      expect(alone.share).toBeGreaterThan(seen.share * 0.9);
      expect(Number(stats.stalls) - Number(before.stats.stalls)).toBeLessThanOrEqual(2);
      expect(states.slice(before.states.length)).toEqual([]);
      const shown = (await presentedAt(page)).length;
      await until('it moves', async () => (await presentedAt(page)).length > shown + 20);
    }),
);
