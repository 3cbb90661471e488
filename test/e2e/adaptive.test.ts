import type { BrowserContext, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { badNetwork, badNetworkUnavailable } from '../support/network/bad-network.js';
import { startStreamServer } from '../support/network/server-process.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { playback, playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';

/** The browser lets pages of this origin use what only secure ones may use. */
const ORIGIN = 'http://localhost';
/** The shared machine that runs the tests adds to it; the simulator (adaptation.test.ts) asserts 500. */
const LONGEST_FREEZE_MS = 1_000;
const SETTLED_MS = 5_000;
const AT_TARGET_MS = 150;

/** The page is not fetched over the network, which is the video's alone. */
async function servePage(browser: BrowserContext, address: string): Promise<void> {
  const files: Record<string, string | Uint8Array> = {
    ...playerFile(),
    '/': `<!doctype html><script type="module" src="/topicast-player.js"></script>
<topicast-player src="${address}" autoplay muted style="width:100%"></topicast-player><script>
  const player = document.querySelector('topicast-player');
  window.heard = [];
  player.addEventListener('stats', ({ detail }) => { window.heard.push({ at: Date.now(), ...detail }); });
  player.addEventListener('stats', ({ detail }) => { window.stats = detail; });
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

interface Heard {
  readonly at: number;
  readonly rendition: number;
  readonly levelMs: number;
  readonly targetMs: number;
}

const heard = (page: Page): Promise<Heard[]> => page.evaluate(() => Reflect.get(window, 'heard'));

<<<<<<< HEAD
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
=======
const unavailable = badNetworkUnavailable();

// Tried again, because a busy machine delays the encoders as a bad network would delay the chunks.
const name = `4 Mbit/s, then 1.5, then back${unavailable ? `: SKIPPED, ${unavailable}` : ''}`;
it(name, { retry: 2 }, async (context) => {
  if (unavailable) return context.skip(unavailable);
  await using network = await badNetwork({ delayMs: 25, rateKbps: 4_000, queueMs: 500 });
  await using server = await startStreamServer(network, 'ladder-server.ts', 'ladder');
  const browser = await launchChromium({
    within: network.viewer,
    args: ['--disable-features=LocalNetworkAccessChecks'],
  });
  try {
    await servePage(browser, server.address);
    const page = await browser.newPage();
    await page.goto(ORIGIN);
    const plays = async (rendition: number): Promise<unknown> =>
      until(`rendition ${rendition}`, async () => (await playback(page)).stats.rendition === rendition);
    await plays(0);
    // What every join brings is none of a change's business.
    await page.waitForTimeout(SETTLED_MS);
    await watchPicture(page);
    const changes: number[] = [];
    const change = async (rateKbps: number) => {
      await network.set({ rateKbps });
      changes.push(Date.now());
    };
    await change(1_500);
    await page.waitForTimeout(15_000);
    expect((await heard(page)).at(-1)?.rendition).not.toBe(0);
    await change(4_000);
    await page.waitForTimeout(SETTLED_MS);
    await plays(0);
    const all = await heard(page);
    const shown = await presentedAt(page);
    const gaps = shown.slice(1).map((at, n) => at - shown[n]!);
    expect(Math.max(...gaps)).toBeLessThan(LONGEST_FREEZE_MS);
    for (const at of changes) {
      const settled = all.find((each) => each.at >= at + SETTLED_MS);
      expect(Math.abs(settled!.levelMs - settled!.targetMs)).toBeLessThan(AT_TARGET_MS);
    }
  } finally {
    await browser.close();
  }
});
>>>>>>> abr
