import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { freePorts } from '../support/free-ports.js';
import { OPERATOR_TOKEN, type Services, startServices, testInput } from '../support/services.js';
import { startWebApp, type WebApp } from '../support/web-app.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENS = { desk: { width: 1280, height: 800 }, phone: { width: 375, height: 740 } };

/** What axe finds in the page as it is: the rule, and where. */
async function faultsOf(page: Page): Promise<string[]> {
  // Not as a script in the page, which its policy forbids.
  await page.evaluate(axe);
  const { violations } = (await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<unknown> } }).axe.run(),
  )) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

describe('the pages, as axe judges them', () => {
  let services: Services;
  let web: WebApp;
  let browser: BrowserContext;

  beforeAll(async () => {
    const [port] = await freePorts(1);
    services = await startServices({
      inputs: [testInput('demo')],
      environment: { TOPICAST_WEB_PORT: String(port) },
    });
    web = await startWebApp(port!, `http://127.0.0.1:${services.gateway.port}`);
    browser = await launchChromium();
    await services.api('POST', '/api/streams', { id: 'show', title: 'Show', source: { kind: 'ingest' } });
    await services.untilState('demo', 'live');
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await services?.close();
  });

  const PAGES: readonly [name: string, path: string, open?: (page: Page) => Promise<unknown>][] = [
    ['home', '/', (page) => page.getByRole('link', { name: /demo/i }).first().waitFor()],
    ['a page to watch', '/watch/demo', (page) => page.getByText('LIVE').first().waitFor()],
    ['an embedded one', '/embed/demo'],
    ['no page', '/watch/nobody'],
    ['the studio, for strangers', '/studio', (page) => page.getByRole('textbox').first().waitFor()],
    ['the studio', `/studio#token=${OPERATOR_TOKEN}`, (page) => page.getByText('Show').first().waitFor()],
    [
      'the dialog that creates a stream',
      `/studio#token=${OPERATOR_TOKEN}`,
      async (page) => {
        await page.getByRole('button', { name: 'New stream' }).click();
        await page.getByRole('dialog').waitFor();
      },
    ],
    [
      'the page of a stream that is live',
      `/studio/demo#token=${OPERATOR_TOKEN}`,
      (page) => page.getByRole('heading', { name: 'What has happened' }).waitFor(),
    ],
    [
      'the page of one that waits for its encoder',
      `/studio/show#token=${OPERATOR_TOKEN}`,
      (page) => page.getByText('How to send').waitFor(),
    ],
    [
      'the dialog that edits a stream',
      `/studio/demo#token=${OPERATOR_TOKEN}`,
      async (page) => {
        await page.getByRole('button', { name: /^Edit/ }).first().click();
        await page.getByRole('dialog').waitFor();
      },
    ],
    [
      'the dialog that shows a key',
      `/studio/show#token=${OPERATOR_TOKEN}`,
      async (page) => {
        await page.getByRole('button', { name: 'Make a key for a backup encoder' }).click();
        await page.getByRole('dialog').waitFor();
      },
    ],
    ['the camera page', '/studio/show/camera#key=show.x'],
  ];

  it.each(PAGES)('%s, in dark and light, at a desk and on a phone', async (_name, path, open) => {
    const faults: Record<string, string[]> = {};
    for (const colorScheme of ['dark', 'light'] as const) {
      for (const [screen, viewport] of Object.entries(SCREENS)) {
        await using page = await browser.newPage();
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.goto(`${web.origin}${path}`);
        await open?.(page);
        faults[`${colorScheme}, ${screen}`] = await faultsOf(page);
      }
    }
    expect(Object.fromEntries(Object.entries(faults).filter(([, found]) => found.length > 0))).toEqual({});
  });
});
