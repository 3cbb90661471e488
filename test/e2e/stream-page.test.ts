import type { IngestAccess } from '@topicast/contracts/http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { OPERATOR_TOKEN, type Services, startServices } from '../support/services.js';
import { startWebApp, type WebApp } from '../support/web-app.js';

const B_FRAMES =
  '-c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 90 -keyint_min 90 -sc_threshold 0 -pix_fmt yuv420p';
const PHONE = { width: 375, height: 740 };

describe('the page of a stream', () => {
  let services: Services;
  let web: WebApp;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const [port] = await freePorts(1);
    services = await startServices({ environment: { TOPICAST_WEB_PORT: String(port) } });
    web = await startWebApp(port!, `http://127.0.0.1:${services.gateway.port}`);
    browser = await launchChromium();
    page = await browser.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await services?.close();
  });

  const says = (words: string | RegExp): Promise<void> =>
    page.getByText(words).first().waitFor({ state: 'visible', timeout: 45_000 });

  it('says how to send, what is wrong with what is sent and what to change, and when the encoder is away', async () => {
    const made = await services.api('POST', '/api/streams', {
      id: 'show',
      title: 'Show',
      source: { kind: 'ingest' },
    });
    const { rtmp, key } = (made.body as { ingest: IngestAccess }).ingest;
    await page.goto(`${web.origin}/studio#token=${OPERATOR_TOKEN}`);
    await page.getByRole('link', { name: 'Show', exact: true }).click();
    await says('It goes live as soon as an encoder sends.');
    await says(rtmp!);
    await says(/Figures appear here/);
    expect(await page.getByRole('link', { name: 'Send from this browser' }).getAttribute('href')).toBe(
      '/studio/show/camera',
    );
    const backup = page.getByRole('button', { name: 'Make a key for a backup encoder' });
    await backup.click();
    const dialog = page.getByRole('dialog', { name: 'Connect your backup encoder' });
    await until('the key is shown', async () =>
      /^show\.[0-9a-f]{48}$/.test(await dialog.getByLabel('Stream key', { exact: true }).inputValue()),
    );
    await dialog.getByRole('button', { name: 'Done' }).click();
    await until('another one can be made', async () => !(await backup.getAttribute('aria-disabled')));
    await says('Somebody made a new key for the backup encoder.');

    await using encoder = startRtmpEncoder(`${rtmp}/${key}`, { video: B_FRAMES });
    await says('It could be better');
    await says(/set its B-frames to 0/);
    await says(/set its keyframe interval to 1 s/);
    await says('The stream went live.');
    const graph = page.getByRole('figure', { name: 'Keyframe interval' });
    await graph.locator('canvas').waitFor();
    await until('the figure is told in words', async () =>
      /3\.0 s now/.test((await graph.textContent()) ?? ''),
    );
    await says(/are measured, from the encoder to the viewer/);

    await page.setViewportSize(PHONE);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(PHONE.width);

    encoder.child.kill('SIGKILL');
    await says('The encoder is away, and viewers see its last picture.');
    {
      await using watching = await browser.newPage();
      await watching.goto(`${web.origin}/watch/show`);
      await watching.getByText('INTERRUPTED', { exact: true }).waitFor();
      await watching.getByText(/it goes on by itself/).waitFor();
    }
    await page.getByRole('button', { name: 'Stop Show' }).press('Enter');
    await says('Nobody can watch it until you start it.');
    await says('Somebody stopped the stream.');
  });
});
