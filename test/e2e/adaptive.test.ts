import type { BrowserContext, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { badNetwork, badNetworkUnavailable } from '../support/network/bad-network.js';
import { startStreamServer } from '../support/network/server-process.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { playback, playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';

/** 3, 1.2 and 0.5 Mbit/s, and sound in each. */
const LADDER = '720p+426p+256p';
/** The browser lets pages of this origin use what only secure ones may use. */
const ORIGIN = 'http://localhost';
const SETTLED_MS = 5_000;
const LONGEST_FREEZE_MS = 500;

const unavailable = badNetworkUnavailable();

/** Pages that are not fetched over the network, which is the video's alone. */
async function servePages(browser: BrowserContext, address: string): Promise<void> {
  const files: Record<string, string | Uint8Array> = {
    ...playerFile(),
    '/': `<!doctype html><script type="module" src="/topicast-player.js"></script>
<topicast-player src="${address}" autoplay muted style="width:100%"></topicast-player><script>
  const player = document.querySelector('topicast-player');
  player.addEventListener('stats', (event) => { window.stats = event.detail; });
</script>`,
  };
  await browser.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const body = files[pathname];
    if (body === undefined) return route.fulfill({ status: 404 });
    const contentType = pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    return route.fulfill({ body: Buffer.from(body), contentType });
  });
}

const statsOf = async (page: Page) => (await playback(page)).stats;

const untilRendition = (page: Page, isRight: (rendition: number) => boolean): Promise<unknown> =>
  until('another rendition', async () => isRight(Number((await statsOf(page))['rendition'])));

/** Five seconds after a change of the network: the buffer is what the player aims at. */
async function isSettled(page: Page): Promise<void> {
  await page.waitForTimeout(SETTLED_MS);
  await until('the buffer is at its target', async () => {
    const { levelMs, targetMs } = await statsOf(page);
    return Math.abs(Number(levelMs) - Number(targetMs)) < 150;
  });
}

// biome-ignore lint/suspicious/noSkippedTests: a link of its own needs root, and says so
const where = unavailable ? it.skip : it;

where(
  `4 Mbit/s, then 1.5, then back${unavailable ? `: SKIPPED, ${unavailable}` : ''}`,
  async () => {
    await using network = await badNetwork({ delayMs: 25, rateKbps: 4_000, queueMs: 300 });
    await using server = await startStreamServer(network, 'ladder-server.ts', 'ladder');
    await using browser = await launchChromium({
      within: network.viewer,
      args: ['--disable-features=LocalNetworkAccessChecks'],
    });
    await servePages(browser, server.address);
    const page = await browser.newPage();
    await page.goto(ORIGIN);
    await untilRendition(page, (rendition) => rendition === 0);
    await page.waitForTimeout(SETTLED_MS);
    await watchPicture(page);
    const log: unknown[] = [];
    const t0 = Date.now();
    const timer = setInterval(async () => {
      const s = await statsOf(page).catch(() => ({}) as Record<string, unknown>);
      console.log(
        ((Date.now() - t0) / 1000).toFixed(1),
        s['rendition'],
        s['renditionReason'],
        'lat',
        Math.round(Number(s['latencyMs'])),
        'lev',
        Math.round(Number(s['levelMs'])),
        'tgt',
        Math.round(Number(s['targetMs'])),
        'rate',
        s['playbackRate'],
        'stalls',
        s['stalls'],
        'seeks',
        s['seeks'],
        'skip',
        s['chunksSkipped'],
        'bit',
        s['bitrate'],
        'drop',
        s['framesDropped'],
      );
    }, 1000);

    console.log('--- 1.5');
    await network.set({ rateKbps: 1_500 });
    await page.waitForTimeout(30_000);
    console.log('--- 4');
    await network.set({ rateKbps: 4_000 });
    await page.waitForTimeout(30_000);
    clearInterval(timer);
    const shown = await presentedAt(page);
    const gaps = shown.slice(1).map((at, n) => at - shown[n]!);
    console.log(
      'longest gaps',
      [...gaps]
        .sort((a, b) => b - a)
        .slice(0, 8)
        .map(Math.round),
      'at',
      gaps
        .map((g, n) => [g, shown[n]! - t0] as const)
        .filter(([g]) => g > 200)
        .map(([g, at]) => `${(at / 1000).toFixed(1)}:${Math.round(g)}`)
        .join(' '),
    );
  },
  240_000,
);
