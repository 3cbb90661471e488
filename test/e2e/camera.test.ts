import type { CreatedStream } from '@topicast/contracts/http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { timesAsked, withCanvasCamera, withStillScreen } from '../support/canvas-camera.js';
import { launchChromium } from '../support/chromium.js';
import { flashesAndBeeps, lipSync, listenForBeeps, watchForFlashes } from '../support/flash-and-beep.js';
import { freePorts } from '../support/free-ports.js';
import { quantile, readGlass, watchGlass } from '../support/glass.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { OPERATOR_TOKEN, type Services, startServices } from '../support/services.js';
import { startWebApp, type WebApp } from '../support/web-app.js';

/** Chromium's own picture and beep, and nobody who would be asked. */
const DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

const NO_ENCODER = 'SKIPPED: this browser encodes no H.264 by WebCodecs';

async function encodesH264(browser: BrowserContext, origin: string): Promise<boolean> {
  const page = await browser.newPage();
  // Only secure pages have WebCodecs.
  await page.goto(origin);
  const config = { codec: 'avc1.42e01e', width: 640, height: 360 };
  const found = await page.evaluate(async (asked) => {
    if (typeof VideoEncoder === 'undefined') return false;
    const { supported = false } = await VideoEncoder.isConfigSupported(asked);
    return supported;
  }, config);
  await page.close();
  return found;
}

describe('the camera page', () => {
  let services: Services;
  let web: WebApp;
  let streamer: BrowserContext;
  let viewer: BrowserContext;
  let pages: PageServer;
  let canEncode: boolean;

  beforeAll(async () => {
    const [webPort, cameraPort] = await freePorts(2);
    const camera = { TOPICAST_CAMERA_PORT: String(cameraPort) };
    services = await startServices({ environment: { ...camera, TOPICAST_WEB_PORT: String(webPort) } });
    web = await startWebApp(webPort!, `http://127.0.0.1:${services.gateway.port}`, camera);
    pages = await servePlayerPages();
    streamer = await launchChromium({ args: DEVICES });
    viewer = await launchChromium();
    canEncode = await encodesH264(streamer, web.origin);
  });
  afterAll(async () => {
    await streamer?.close();
    await viewer?.close();
    await web?.close();
    await services?.close();
    await pages?.close();
  });

  const newStream = async (id: string): Promise<NonNullable<CreatedStream['ingest']>> => {
    const { body } = await services.api('POST', '/api/streams', { id, source: { kind: 'ingest' } });
    return (body as CreatedStream).ingest!;
  };
  const goLive = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Turn on the camera' }).click();
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('You are on air').waitFor();
  };
  const plays = async (page: Page): Promise<void> => {
    const before = await until('there is a video', () => playback(page));
    await until('the picture moves', async () => {
      const now = await playback(page);
      return now.time > before.time + 2 && now.pictures > before.pictures + 30;
    });
  };

  it('goes live in a few clicks, is watched, and says so when its key is renewed or another encoder comes', async ({
    skip,
  }) => {
    skip(!canEncode, NO_ENCODER);
    const page = await streamer.newPage();
    await page.goto(`${web.origin}/studio#token=${OPERATOR_TOKEN}`);
    await page.getByRole('button', { name: 'New stream' }).first().click();
    await page.getByLabel('Title').fill('From here');
    await page.getByRole('radio', { name: /This browser/ }).check();
    await page.getByRole('button', { name: 'Create stream' }).click();
    await page.waitForURL(/studio\/from-here\/camera$/);
    await goLive(page);
    await services.untilState('from-here', 'live');
    const watching = await viewer.newPage();
    await openPlayer(watching, pages, '/player', services.address('from-here'));
    await plays(watching);
    expect(
      await page
        .getByText(/Mbit\/s|kbit\/s/)
        .first()
        .textContent(),
    ).toBeTruthy();

    const { body } = await services.api('POST', '/api/streams/from-here/ingest-key');
    const { rtmp, key } = body as NonNullable<CreatedStream['ingest']>;
    await page.getByText('The stream key was renewed').waitFor();
    // The page is still there, and so is the picture.
    await page.goto(`${web.origin}/studio/from-here/camera#key=${key}`);
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('You are on air').waitFor();
    await plays(watching);

    // It has said goodbye: nobody sees a slate.
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await services.untilState('from-here', 'offline');
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('You are on air').waitFor();
    await services.untilState('from-here', 'live');
    await using _other = startRtmpEncoder(`${rtmp}/${key}`);
    await page.getByText('Another encoder has come').waitFor();
    await page.close();
    await watching.close();
  });

  it('sends a screen that stands still, and asks for it once', async ({ skip }) => {
    skip(!canEncode, NO_ENCODER);
    const { key } = await newStream('slides');
    const page = await streamer.newPage();
    await withStillScreen(page);
    await page.goto(`${web.origin}/studio/slides/camera#key=${key}`);
    await page.getByLabel('Microphone').selectOption('none');
    await page.getByRole('radio', { name: 'Screen' }).check();
    await page.getByRole('button', { name: 'Go live' }).click();
    await services.untilState('slides', 'live');
    const watching = await viewer.newPage();
    await openPlayer(watching, pages, '/player', services.address('slides'));
    const before = await until('there is a video', () => playback(watching));
    await until(
      'the same picture comes again',
      async () => (await playback(watching)).pictures > before.pictures + 8,
    );
    const { body } = await services.api('GET', '/api/streams/slides');
    expect(body).not.toHaveProperty('awaySince');

    // What is shared goes on with another microphone, and also if nobody allows another screen.
    await page.getByLabel('Microphone').selectOption('');
    await page.getByRole('meter').waitFor();
    expect(await timesAsked(page)).toBe(1);
    await page.getByLabel('Microphone').selectOption('none');
    await page.getByText('was not allowed').waitFor();
    expect(await timesAsked(page)).toBe(2);
    await page.getByRole('meter').waitFor();
    await page.getByText('You are on air').waitFor();
    await page.close();
    await watching.close();
  });

  it('is at most 400 ms from the camera to the screen, with the sound beside the picture', async ({
    skip,
  }) => {
    skip(!canEncode, NO_ENCODER);
    const { key } = await newStream('clock');
    const page = await streamer.newPage();
    await withCanvasCamera(page);
    await page.goto(`${web.origin}/studio/clock/camera#key=${key}`);
    await page.getByLabel('Size').selectOption('360');
    await goLive(page);
    await services.untilState('clock', 'live');
    const watching = await viewer.newPage();
    await listenForBeeps(watching);
    await openPlayer(watching, pages, '/plain', services.address('clock'));
    await plays(watching);
    await watchGlass(watching);
    await watchForFlashes(watching);
    await whenCalm(async () => {
      const latencies: number[] = [];
      await until('there are measurements', async () => {
        latencies.push(...(await readGlass(watching)).latencies);
        return latencies.length >= 30;
      });
      expect(quantile(latencies, 0.5)).toBeLessThan(400);
    });
    let seen = 0;
    await whenCalm(async () => {
      const offsets = await until('there are flashes and beeps', async () => {
        const all = lipSync(await flashesAndBeeps(watching));
        return all.length >= seen + 5 && all.slice(seen);
      });
      seen += offsets.length;
      expect(Math.abs(quantile(offsets, 0.5))).toBeLessThan(40);
    });
    await page.close();
    await watching.close();
  });
});
