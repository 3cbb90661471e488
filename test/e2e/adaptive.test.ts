import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import { type BadNetwork, badNetwork, badNetworkUnavailable } from '../support/network/bad-network.js';
import { startStreamServer } from '../support/network/server-process.js';
import { ROUTED_ORIGIN, routePages } from '../support/page-server.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { playback, playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';

const LONGEST_FREEZE_MS = 500;
const SETTLED_MS = 5_000;
const AT_TARGET_MS = 150;

/** The page is not fetched over the network, which is the video's alone. */
async function servePage(browser: BrowserContext, address: string): Promise<void> {
  await routePages(browser, {
    ...playerFile(),
    '/': `<!doctype html><script type="module" src="/topicast-player.js"></script>
<topicast-player src="${address}" autoplay muted style="width:100%"></topicast-player><script>
  const player = document.querySelector('topicast-player');
  window.heard = [];
  player.addEventListener('stats', ({ detail }) => { window.heard.push({ at: Date.now(), ...detail }); });
  player.addEventListener('stats', ({ detail }) => { window.stats = detail; });
</script>`,
  });
}

interface Heard {
  readonly at: number;
  readonly rendition: number;
  readonly levelMs: number;
  readonly targetMs: number;
}

const heard = (page: Page): Promise<Heard[]> => page.evaluate(() => Reflect.get(window, 'heard'));

const hasBbr = /\bbbr\b/.test(readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8'));
const unavailable = badNetworkUnavailable() ?? (hasBbr ? undefined : 'this kernel has no BBR');

const name = `4 Mbit/s, then 1.5, then back${unavailable ? `: SKIPPED, ${unavailable}` : ''}`;
it(name, { timeout: 400_000 }, async (context) => {
  if (unavailable) return context.skip(unavailable);
  await using network = await badNetwork({ delayMs: 25, rateKbps: 4_000, queueMs: 500 });
  // By loss, as cubic learns of a narrower link, nobody learns of it before the queue of 500 ms is full.
  network.controlCongestionBy('bbr');
  await using server = await startStreamServer(network, 'ladder-server.ts', 'ladder');
  const browser = await launchChromium({
    within: network.viewer,
    args: ['--disable-features=LocalNetworkAccessChecks'],
  });
  try {
    await servePage(browser, server.address);
    await whenCalm(() => followsTheNetwork(browser, network), 3);
  } finally {
    await browser.close();
  }
});

async function followsTheNetwork(browser: BrowserContext, network: BadNetwork): Promise<void> {
  await using page = await browser.newPage();
  await network.set({ rateKbps: 4_000 });
  await page.goto(ROUTED_ORIGIN);
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
  const another = await until('it has another rendition', async () =>
    (await heard(page)).find(({ at, rendition }) => at > changes[0]! && rendition !== 0),
  );
  // The statistics come once a second.
  expect(another.at - changes[0]!).toBeLessThan(SETTLED_MS + 1_000);
  // The player may have tried the best one since.
  await page.waitForTimeout(10_000);
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
}
