import path from 'node:path';
import type { StreamInfo } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { launchChromium } from '../support/chromium.js';
import { footage } from '../support/footage.js';
import type { PageServer } from '../support/page-server.js';
import { presentedAt, watchPicture } from '../support/picture-watch.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';

const FILM = footage('tears-of-steel-clip.webm').path;
const STREAM = streamId('edited');
/** With the encoders of both at work; it is some 100 ms where the machine has nothing else to do. */
const LONGEST_PAUSE_MS = 1_500;

describe('a stream that is edited while somebody watches', () => {
  let pages: PageServer;
  let browser: BrowserContext;
  let services: Services;

  beforeAll(async () => {
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices({ environment: { TOPICAST_MEDIA_DIRS: path.dirname(FILM) } });
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
  });

  const info = async () => (await services.api('GET', `/api/streams/${STREAM}`)).body as StreamInfo;
  const edit = async (change: object): Promise<void> => {
    const { version } = await info();
    const { status } = await services.api('PATCH', `/api/streams/${STREAM}`, { version, ...change });
    expect(status).toBe(200);
  };
  const widthOf = (page: Page): Promise<number | undefined> =>
    page.evaluate(
      () => document.querySelector('topicast-player')?.shadowRoot?.querySelector('video')?.videoWidth,
    );
  const untilSessionAfter = (session: number) =>
    until('another session is live', async () => {
      const now = await info();
      return now.state === 'live' && now.session! > session && now.session!;
    });
  const want = (page: Page, rendition: number): Promise<void> =>
    page.evaluate((wanted) => {
      Object.assign(document.querySelector('topicast-player') ?? {}, { rendition: wanted });
    }, rendition);

  it('goes on in the same player, on the same connection, with hardly a pause', {
    timeout: 400_000,
  }, async () => {
    await services.api('POST', '/api/streams', { id: STREAM, source: { kind: 'test' } });
    await services.untilState(STREAM, 'live');
    await using page = await browser.newPage();
    await openPlayer(page, pages, '/plain', services.address(STREAM));
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
    await watchPicture(page);
    const moves = async () => {
      const from = (await presentedAt(page)).length;
      await until('pictures come', async () => (await presentedAt(page)).length > from + 40);
    };
    const first = (await info()).session!;

    await edit({ title: 'Another title' });
    await moves();
    expect(await info()).toMatchObject({ title: 'Another title', session: first });

    let session = first;
    let source: object = { kind: 'test' };
    await whenCalm(async () => {
      const from = (await presentedAt(page)).length;
      source = 'path' in source ? { kind: 'test' } : { kind: 'file', path: FILM };
      await edit({ source });
      session = await untilSessionAfter(session);
      const isFilm = 'path' in source;
      await until('the other picture is there', async () => ((await widthOf(page)) !== 1280) === isFilm);
      await moves();
      const times = (await presentedAt(page)).slice(from);
      expect(Math.max(...times.slice(1).map((at, n) => at - times[n]!))).toBeLessThan(LONGEST_PAUSE_MS);
    });

    await edit({ source: { kind: 'test' }, ladder: [{ height: 360 }, { height: 180 }] });
    session = await untilSessionAfter(session);
    await until('both renditions are offered', async () => (await info()).catalog?.renditions.length === 2);
    await want(page, 1);
    await until('the smaller one is on the screen', async () => (await widthOf(page)) === 320);

    // The rendition that is on the screen ends.
    await edit({ ladder: null });
    await untilSessionAfter(session);
    await until('the only one is on the screen', async () => (await widthOf(page)) === 1280);
    await moves();

    // Another encoding: smaller, and without its sound for a while.
    session = (await info()).session!;
    const encoding = { preset: 'quality', height: 360, keyframeSeconds: 2 };
    await edit({ encoding });
    session = await untilSessionAfter(session);
    await until('the small picture is there', async () => (await widthOf(page)) === 640);
    await moves();
    await edit({ encoding: { ...encoding, sound: 'off' } });
    session = await untilSessionAfter(session);
    const tracks = async () => (await info()).catalog?.renditions[0]?.tracks.map(({ kind }) => kind);
    expect(await tracks()).toEqual(['video']);
    await moves();
    await edit({ encoding: null });
    await untilSessionAfter(session);
    await until('the large picture is there', async () => (await widthOf(page)) === 1280);
    await until('its sound is back', async () => (await tracks())?.length === 2);
    await moves();

    const { states, stats } = await playback(page);
    expect(stats).toMatchObject({ reconnects: 0, chunksLost: 0 });
    expect(states).not.toContain('ended');
    expect(states.at(-1)).toBe('playing');
  });

  it('says why a new source gives nothing, and comes back with another one', async () => {
    await edit({ source: { kind: 'url', url: 'https://nobody.invalid/live.ts' } });
    const failed = await services.untilState(STREAM, 'failed');
    expect(failed.problem).toMatch(/nobody\.invalid/);
    await edit({ source: { kind: 'test' } });
    await services.untilState(STREAM, 'live');
  });
});
