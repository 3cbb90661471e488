import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Diagnostics } from '@topicast/player';
import type { TopicastPlayerElement } from '@topicast/player/element';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { type PageServer, servePages } from '../support/page-server.js';
import { playback, playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';
import { serveStage } from '../support/stage-page.js';
import { temporaryFolder } from '../support/temporary.js';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 'a-secret-that-nobody-should-see';
const SHOTS = process.env.TOPICAST_SHOTS;

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly height: number;
}

/** Where the picture and the statistics are, and how many pixels of the graphs are drawn. */
const look = (page: Page) =>
  page.evaluate(() => {
    const root = document.querySelector('topicast-player')!.shadowRoot!;
    const boxOf = (selector: string): Box => {
      const { top, bottom, height } = root.querySelector(selector)!.getBoundingClientRect();
      return { top, bottom, height };
    };
    const drawn = [...root.querySelectorAll('canvas')].map((canvas) => {
      if (canvas.width === 0) return 0;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((_, at) => at % 4 === 3 && data[at]! > 0).length;
    });
    const panel = root.querySelector<HTMLElement>('section')!;
    const { place } = panel.dataset;
    return { place, drawn, text: panel.innerText, picture: boxOf('video'), statistics: boxOf('section') };
  });

const panelOf = (page: Page) => page.getByRole('region', { name: 'Playback statistics' });

describe('the statistics of the player', () => {
  const folder = temporaryFolder();
  let services: Services;
  let pages: PageServer;
  let browser: BrowserContext;

  beforeAll(async () => {
    const element = (attributes: string) =>
      `<!doctype html><meta name="viewport" content="width=device-width"><body style="margin:0">
<script type="module" src="/topicast-player.js"></script>
<topicast-player ${attributes} muted autoplay stats-overlay></topicast-player><p>Below</p>`;
    services = await startServices({ inputs: [testInput('demo')] });
    await services.untilState('demo', 'live');
    const src = `src="${services.address('demo')}?token=${SECRET}" token="${SECRET}"`;
    pages = await servePages({
      ...playerFile(),
      '/': element(`${src} style="width:100%"`),
      '/fixed': element(`${src} style="width:100%;height:220px;overflow:hidden"`),
      '/closed': element(src).replace(' stats-overlay', ''),
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
    folder[Symbol.dispose]();
  });

  const open = async (at: string, width: number, height: number): Promise<Page> => {
    const page = await browser.newPage();
    await page.setViewportSize({ width, height });
    await page.goto(`${pages.origin}${at}`);
    return page;
  };
  const shoot = async (page: Page, name: string): Promise<void> => {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.waitForTimeout(20_000);
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
  };

  it('stand over the picture of a wide player, draw, and are closed by the button and by Escape', async () => {
    const page = await open('/', 1280, 720);
    const { place, text } = await until('all graphs are drawn', async () => {
      const seen = (await panelOf(page).isVisible()) && (await look(page));
      return seen && /network/.test(seen.text) && seen.drawn.every((pixels) => pixels > 20) && seen;
    });
    expect(place).toBe('over');
    for (const name of ['encoder', 'buffer', 'screen', 'Latency', 'Bitrate', 'Freezes', 'Lip sync']) {
      expect(text).toContain(name);
    }
    await shoot(page, 'desktop');
    await panelOf(page).getByRole('button', { name: 'Close statistics' }).click();
    expect(await panelOf(page).count()).toBe(0);
    const shown = () =>
      page.evaluate(() => document.querySelector<TopicastPlayerElement>('topicast-player')!.statsOverlay);
    expect(await shown()).toBe(false);
    await page.evaluate(() => {
      document.querySelector<TopicastPlayerElement>('topicast-player')!.statsOverlay = true;
    });
    await panelOf(page).waitFor();
    await page.keyboard.press('Escape');
    expect(await panelOf(page).count()).toBe(0);
    expect(await shown()).toBe(false);
    await page.close();
  });

  it('stand below the picture on a phone', async () => {
    const page = await open('/', 390, 844);
    const seen = await until('it plays', async () => {
      const seen = (await panelOf(page).isVisible()) && (await look(page));
      return seen && seen.picture.height > 100 && /network/.test(seen.text) && seen;
    });
    expect(seen.place).toBe('below');
    expect(seen.statistics.top).toBeGreaterThanOrEqual(seen.picture.bottom - 1);
    await shoot(page, 'phone');
    await page.close();
  });

  it('are one line where a narrow player cannot grow', async () => {
    const page = await open('/fixed', 390, 844);
    const seen = await until('it plays', async () => {
      const seen = (await panelOf(page).isVisible()) && (await look(page));
      return seen && /\d ms .* freezes?/.test(seen.text) && seen;
    });
    expect(seen.place).toBe('line');
    expect(seen.statistics.height).toBeLessThan(32);
    await shoot(page, 'line');
    await page.close();
  });

  it('are opened on the watch page by its button and its key, above its controls', async () => {
    const site = await serveStage(services.address('demo'));
    try {
      const page = await browser.newPage();
      await page.setViewportSize({ width: 1280, height: 720 });
      await page.goto(site.origin);
      await page.getByRole('button', { name: 'Statistics' }).click();
      await until('it plays', async () => /network/.test((await look(page)).text));
      await shoot(page, 'watch');
      await panelOf(page).getByRole('button', { name: 'Close statistics' }).click();
      await page.getByRole('button', { name: 'Statistics', pressed: false }).waitFor();
      expect(await panelOf(page).count()).toBe(0);
      await page.keyboard.press('i');
      await panelOf(page).waitFor();
      await page.setViewportSize({ width: 390, height: 844 });
      await until('it is one line', async () => (await look(page)).place === 'line');
      await shoot(page, 'watch-phone');
      const paused = await page.evaluate(
        () => document.querySelector<TopicastPlayerElement>('topicast-player')!.paused,
      );
      expect(paused).toBe(false);
      await page.close();
    } finally {
      await site.close();
    }
  });

  it('cost a page that does not show them not even the script', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${pages.origin}/closed`);
    await until('it plays', async () => (await playback(page)).time > 1);
    expect(asked.filter((url) => url.endsWith('topicast-overlay.js'))).toEqual([]);
    await page.close();
  });

  it('give diagnostics to copy, without secrets, and the simulator replays them', async () => {
    await browser.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: pages.origin });
    const page = await open('/', 1280, 720);
    await until('it has played for a while', async () => (await playback(page)).time > 12, {
      limitMs: 60_000,
    });
    await until('it plays', () =>
      page.evaluate(
        () => document.querySelector<TopicastPlayerElement>('topicast-player')!.state.name === 'playing',
      ),
    );
    await panelOf(page).getByRole('button', { name: 'Copy diagnostics' }).click();
    await panelOf(page).getByRole('button', { name: 'Copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).not.toContain(SECRET);
    const diagnostics = JSON.parse(text) as Diagnostics;
    expect(diagnostics).toMatchObject({
      format: 'topicast-diagnostics',
      version: 1,
      state: { name: 'playing' },
    });
    expect(diagnostics.gateways).toEqual([services.address('demo')]);
    expect(diagnostics.samples.rows.length).toBeGreaterThan(20);
    expect(diagnostics.arrivals.chunks.length).toBeGreaterThan(200);
    expect(diagnostics.events).toContainEqual({ atMs: expect.any(Number), link: { status: 'open' } });
    await page.close();

    const file = path.join(folder.path, 'diagnostics.json');
    writeFileSync(file, text);
    const { stdout } = await run(process.execPath, ['player/replay.mjs', '--diagnostics', file], {
      cwd: repository,
    });
    expect(stdout).toMatch(/as it was/);
    const [, mean, stalls] = /'replayed' +│ +(\d+) +│ +\d+ +│ +[\d.]+ +│ +\d+ +│ +(\d+)/.exec(stdout) ?? [];
    expect(Number(mean)).toBeGreaterThan(10);
    expect(Number(mean)).toBeLessThan(20_000);
    expect(Number(stalls)).toBeGreaterThanOrEqual(0);

    writeFileSync(file, JSON.stringify({ ...diagnostics, version: 9 }));
    const failed = await run(process.execPath, ['player/replay.mjs', '--diagnostics', file], {
      cwd: repository,
    }).catch((error: { stderr: string }) => error.stderr);
    expect(failed).toContain('diagnostics of version 9');
  });
});
