import type { LatencyParts } from '@topicast/player';
import type { TopicastPlayerElement } from '@topicast/player/element';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BarcodeSource, startBarcodeSource } from '../support/barcode-source.js';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import { quantile, readGlass, watchGlass } from '../support/glass.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';

describe('what the player says', () => {
  let services: Services;
  let source: BarcodeSource;
  let pages: PageServer;
  let page: Page;

  beforeAll(async () => {
    services = await startServices();
    source = await startBarcodeSource(services.log, 'barcode');
    await services.untilState('barcode', 'live');
    pages = await servePlayerPages();
    page = await (await launchChromium()).newPage();
    await openPlayer(page, pages, '/player', services.address('barcode'), 300);
    await until('it plays', async () => (await playback(page)).stats.latencyMs);
    await page.waitForTimeout(3_000);
    await watchGlass(page);
  });

  afterAll(async () => {
    await page?.context().browser()?.close();
    await source?.close();
    await services?.close();
    await pages?.close();
  });

  it('of the latency agrees with the clock that is drawn into the pictures', {
    timeout: 400_000,
  }, async () => {
    // An encoder that is held up leaves out pictures, whose times the player knows only afterwards.
    await whenCalm(async () => {
      const differences: number[] = [];
      for (let second = 0; second < 8; second += 1) {
        await readGlass(page);
        await page.waitForTimeout(1_000);
        const { latencies } = await readGlass(page);
        const shown = (await playback(page)).stats.latencyMs;
        if (latencies.length > 0) differences.push(Number(shown) - quantile(latencies, 0.5));
      }
      expect(Math.abs(quantile(differences, 0.5))).toBeLessThan(10);
    });
  });

  it('of the parts of the latency adds up to it, and fits what else is known', async () => {
    const wrong: unknown[] = [];
    await until('the parts fit', async () => {
      const stats = await page.evaluate(
        () => document.querySelector<TopicastPlayerElement>('topicast-player')!.stats,
      );
      if (stats?.latencyParts?.networkMs === undefined) return false;
      const { latencyMs, latencyParts, levelMs, roundTripMs } = stats as Required<typeof stats>;
      const { encoderMs, logMs, networkMs, bufferMs, screenMs } = latencyParts as Required<LatencyParts>;
      const sum = encoderMs + logMs + networkMs + bufferMs + screenMs;
      const hasNegative = [encoderMs, logMs, networkMs, screenMs].some((part) => part < 0);
      if (hasNegative || Math.abs(sum - latencyMs) > 0.001) wrong.push(stats);
      // The test's encoder stamps pictures when they are drawn, and then encodes them.
      const isDelivery = encoderMs > 1 && logMs < 100 && networkMs < roundTripMs + 100;
      return isDelivery && Math.abs(bufferMs - levelMs) < 80 && screenMs < 80;
    });
    expect(wrong).toEqual([]);
  });

  it('of stalls is what a viewer sees, though the browser never waits for data', async () => {
    const before = Number((await playback(page)).stats.stalls);
    await readGlass(page);
    await source.hang(1_500);
    await until('it is counted', async () => Number((await playback(page)).stats.stalls) > before);
    await page.waitForTimeout(2_000);
    expect((await readGlass(page)).freezes).toBeGreaterThan(0);
  });
});
