import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { streamId } from '@topicast/contracts/stream-id';
import type { TopicastPlayerElement } from '@topicast/player/element';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captionedFilm } from '../../media/src/testing/captions.js';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { servePages } from '../support/page-server.js';
import { openPlayer, playback, playerFile, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';
import { serveStage } from '../support/stage-page.js';
import { temporaryFolder } from '../support/temporary.js';

const FILM_S = 3;
/** Half a picture. */
const SLACK_S = 1 / 60;
const CAPTIONS_SCRIPT = 'topicast-captions.js';

interface Cue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly title: unknown;
}

/** The cues of a text track of the element; none if it has no such track. */
const cuesOf = (page: Page, label: string): Promise<Cue[]> =>
  page.evaluate((label) => {
    const { textTracks } = document.querySelector('topicast-player')! as unknown as HTMLVideoElement;
    const track = [...textTracks].find((each) => each.label === label);
    return [...((track?.cues ?? []) as unknown as (VTTCue & { value?: { key: string; data: unknown } })[])]
      .filter(({ value }) => !value || value.key === 'TXXX')
      .map(({ startTime, endTime, text, value }) => ({
        start: startTime,
        end: endTime,
        text,
        title: value?.data,
      }));
  }, label);

interface Sample {
  readonly time: number;
  readonly white: boolean;
}

/** Looks at the pictures for some seconds. */
const watch = (page: Page, seconds: number): Promise<Sample[]> =>
  page.evaluate(async (seconds) => {
    const video = document.querySelector('topicast-player')!.shadowRoot!.querySelector('video')!;
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
    const samples: Sample[] = [];
    for (let first: number | undefined; ; ) {
      const time = await new Promise<number>((resolve) =>
        video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime)),
      );
      canvas.drawImage(video, 0, 0, 1, 1);
      samples.push({ time, white: canvas.getImageData(0, 0, 1, 1).data[0]! > 128 });
      first ??= time;
      if (time > first + seconds) return samples;
    }
  }, seconds);

describe('captions and timed ID3 of a source', () => {
  const folder = temporaryFolder();
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;

  beforeAll(async () => {
    const film = path.join(folder.path, 'film.ts');
    writeFileSync(film, captionedFilm(FILM_S));
    const source = { kind: 'file', path: film } as const;
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices({
      inputs: [
        { id: streamId('encoded'), title: 'Encoded', source },
        { id: streamId('copied'), title: 'Copied', source: { ...source, copy: true } },
        testInput('demo'),
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
    folder[Symbol.dispose]();
  });

  const open = async (id: string, at = pages): Promise<Page> => {
    await services.untilState(id, 'live');
    const page = await browser.newPage();
    await openPlayer(page, at, '/player', services.address(id));
    return page;
  };

  it.each(['encoded', 'copied'])(
    '%s: are there with exactly the pictures that they belong to',
    async (id) => {
      const page = await open(id);
      const [{ start }] = await until('there is a caption', async () => {
        const cues = await cuesOf(page, 'CC1');
        return cues.length > 0 && (cues as [Cue]);
      });
      const samples = (await watch(page, 2 * FILM_S)).filter(({ time }) => time >= start);
      const cues = await cuesOf(page, 'CC1');
      expect(new Set(cues.map(({ text }) => text))).toEqual(new Set(['HELLO']));
      const shows = ({ time }: Sample) =>
        cues.some(({ start, end }) => start - SLACK_S < time && time < end - SLACK_S);
      expect(samples.filter((sample) => sample.white !== shows(sample))).toEqual([]);
      expect(samples.filter(({ white }) => white).length).toBeGreaterThan(10);

      const tags = await cuesOf(page, 'id3');
      for (const { start, end } of tags.filter(({ title }) => title === 'white').slice(0, -1)) {
        const cue = cues.find((cue) => Math.abs(cue.start - start) < SLACK_S);
        // The tag of the next change ends this one.
        if (start >= cues[0]!.start) expect(cue?.end).toBeCloseTo(end, 2);
      }
      expect(new Set(tags.map(({ title }) => title))).toEqual(new Set(['white', 'black']));
      await page.close();
    },
  );

  it('are off until somebody wants them, and then the browser draws them', async () => {
    const page = await open('encoded');
    await until('there is a caption', async () => (await cuesOf(page, 'CC1')).length > 0);
    const mode = await page.evaluate(() => {
      const player = document.querySelector('topicast-player') as unknown as HTMLVideoElement;
      const track = [...player.textTracks].find(({ label }) => label === 'CC1');
      const before = track!.mode;
      track!.mode = 'showing';
      return before;
    });
    expect(mode).toBe('hidden');
    await until('HELLO is on the screen', () =>
      page.evaluate(() => {
        const player = document.querySelector('topicast-player') as unknown as HTMLVideoElement;
        const track = [...player.textTracks].find(({ label }) => label === 'CC1');
        return (track?.activeCues?.[0] as VTTCue | undefined)?.text === 'HELLO';
      }),
    );
    await page.close();
  });

  it('have a menu on the watch page, for mouse and keyboard, and a key', async () => {
    await services.untilState('encoded', 'live');
    const site = await serveStage(services.address('encoded'));
    try {
      const page = await browser.newPage();
      await page.goto(site.origin);
      await page.getByRole('button', { name: 'Captions: Off' }).press('Enter');
      const items = page.getByRole('menu', { name: 'Captions' }).getByRole('menuitemradio');
      expect(await items.allTextContents()).toEqual(['Off', 'CC1']);
      for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
      const button = page.getByRole('button', { name: 'Captions: CC1' });
      expect(await button.textContent()).toBe('CC1');
      await page.keyboard.press('c');
      await page.getByRole('button', { name: 'Captions: Off' }).waitFor();
      await page.close();
    } finally {
      await site.close();
    }
  });

  it('cost a stream that has none not even the script', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await services.untilState('demo', 'live');
    await openPlayer(page, pages, '/player', services.address('demo'));
    await until('it plays', async () => (await playback(page)).time > 1);
    expect(asked.filter((url) => url.endsWith(CAPTIONS_SCRIPT))).toEqual([]);
    await page.close();
  });

  it('are missing where their script is, with one warning, and the picture plays on', async () => {
    const { [`/${CAPTIONS_SCRIPT}`]: _, ...files } = playerFile();
    const script = `<script type="module" src="/topicast-player.js"></script>`;
    const src = services.address('copied');
    const site = await servePages({
      ...files,
      '/': `<!doctype html>${script}<topicast-player src="${src}" muted autoplay></topicast-player>`,
    });
    try {
      await services.untilState('copied', 'live');
      const page = await browser.newPage();
      const warnings: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'warning') warnings.push(message.text());
      });
      await page.goto(site.origin);
      await until('captions were dropped, and it plays', async () => {
        const { time } = await playback(page);
        const stats = await page.evaluate(
          () => document.querySelector<TopicastPlayerElement>('topicast-player')?.stats,
        );
        return time > 2 && (stats?.textsDropped ?? 0) > 30;
      });
      expect(warnings.filter((text) => text.startsWith('No captions'))).toHaveLength(1);
      await page.close();
    } finally {
      await site.close();
    }
  });
});

it('cues far behind the playhead leave their track, and one that is shown stays', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../player/src/dom/cue-track.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'cueTrack',
  });
  const site = await servePages({
    '/': '<video></video><script src="/cues.js"></script>',
    '/cues.js': outputFiles[0]!.text,
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(site.origin);
    const left = await page.evaluate(() => {
      const { CueTrack } = (
        window as unknown as { cueTrack: typeof import('../../player/src/dom/cue-track.js') }
      ).cueTrack;
      const track = document.querySelector('video')!.addTextTrack('captions', 'CC1');
      const cues = new CueTrack(track);
      for (let second = 0; second < 7_200; second++) {
        const at = second as Parameters<typeof cues.hold>[0];
        // The last one stays for as long as there is data.
        if (second < 7_100) cues.showText(at, `second ${second}`, 14);
        cues.hold(at);
        cues.trim(second);
      }
      return [...track.cues!].map(({ startTime, endTime }) => [startTime, endTime > 7_200]);
    });
    expect(left).toEqual([[7_099, true]]);
  } finally {
    await browser.close();
    await site.close();
  }
});
