import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { FFMPEG } from '../support/ffprobe.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';

/** @returns a script for a page whose decoder breaks after so many pictures */
const breakDecoder = (pictures: number, times = 1_000): string => `{
  const Before = Blob;
  const breaks = \`{
    let [left, times] = [${pictures}, ${times}];
    const decode = globalThis.VideoDecoder?.prototype.decode;
    if (decode) VideoDecoder.prototype.decode = function (chunk) {
      if (left-- <= 0 && times-- > 0) throw new DOMException('broken', 'EncodingError');
      decode.call(this, chunk);
    };
  }\`;
  window.Blob = class extends Before {
    constructor(parts = [], options) {
      super(String(parts[0]).includes('onmessage') ? [breaks, ...parts] : parts, options);
    }
  };
}`;

describe('pictures that the worker decodes, in Chromium', () => {
  const folder = temporaryFolder();
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;

  beforeAll(async () => {
    [pages, browser] = await Promise.all([servePlayerPages(), launchChromium()]);
    const tone = path.join(folder.path, 'tone.m4a');
    const words = `-v error -nostdin -f lavfi -i sine=f=440:r=48000 -t 20 -c:a aac ${tone}`;
    execFileSync(FFMPEG, words.split(' '));
    services = await startServices({
      inputs: [
        testInput('pictures'),
        { id: streamId('tone'), title: 'Tone', source: { kind: 'file', path: tone } },
      ],
    });
    await services.untilState('pictures', 'live');
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
    folder[Symbol.dispose]();
  });

  const open = async (prepare?: () => void): Promise<Page> => {
    const page = await browser.newPage();
    if (prepare) await page.addInitScript(prepare);
    await openPlayer(page, pages, '/plain', services.address('pictures'));
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
    return page;
  };
  const playsOn = async (page: Page): Promise<void> => {
    const { time, pictures } = await playback(page);
    await until('it plays on', async () => {
      const now = await playback(page);
      return now.time > time + 1 && now.pictures > pictures + 10;
    });
  };
  const pictureIn = (page: Page, engine: 'webcodecs' | 'mse') =>
    until(`the picture is in ${engine}`, async () => (await playback(page)).stats.pictureIn === engine);

  const failsBecauseOf = async (page: Page, file: string): Promise<void> => {
    await until('it has failed', async () => (await playback(page)).states.at(-1) === 'failed');
    const problem = await page.evaluate(() => {
      const player = document.querySelector('topicast-player') as HTMLElement & { state: object };
      return Reflect.get(player.state, 'problem');
    });
    expect(problem).toMatchObject({ reason: 'unsupported', message: expect.stringContaining(file) });
  };

  it('play in the video element, with their sound, and tell their latency', async () => {
    await using page = await open();
    await pictureIn(page, 'webcodecs');
    await playsOn(page);
    const { stats } = await until('a latency', async () => {
      const now = await playback(page);
      return now.stats.latencyMs !== undefined && now;
    });
    expect(stats).toMatchObject({ soundIn: 'worklet', chunksLost: 0, width: 1280, height: 720 });
  });

  it('fill the screen', async () => {
    await using page = await open();
    await page.evaluate(() => document.querySelector('topicast-player')?.requestFullscreen());
    await playsOn(page);
    expect(await page.evaluate(() => document.fullscreenElement?.localName)).toBe('topicast-player');
  });

  it('stand still in a pause, and go on at the live edge', async () => {
    await using page = await open();
    await playsOn(page);
    await page.evaluate(() => document.querySelector<HTMLVideoElement>('topicast-player')?.pause());
    await page.waitForTimeout(300);
    const { time } = await playback(page);
    await page.waitForTimeout(1500);
    expect((await playback(page)).time).toBe(time);
    await page.evaluate(() => document.querySelector<HTMLVideoElement>('topicast-player')?.play());
    await playsOn(page);
    await pictureIn(page, 'webcodecs');
  });

  it.each([
    [
      'a page that makes no tracks',
      () => {
        Reflect.deleteProperty(window, 'MediaStreamTrackGenerator');
      },
    ],
    [
      'a worker without a decoder',
      () => {
        const Before = Blob;
        window.Blob = class extends Before {
          constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
            super(['delete globalThis.VideoDecoder;', ...parts], options);
          }
        };
      },
    ],
    ['a decoder that breaks after two seconds', { content: breakDecoder(60) }],
    ['a decoder that breaks at once', { content: breakDecoder(0) }],
    ['a decoder that breaks during the join', { content: breakDecoder(2) }],
    [
      'a decoder that gives no pictures',
      () => {
        const Before = Blob;
        const breaks = 'if (globalThis.VideoDecoder) VideoDecoder.prototype.decode = () => {};';
        window.Blob = class extends Before {
          constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
            super(String(parts[0]).includes('onmessage') ? [breaks, ...parts] : parts, options);
          }
        };
      },
    ],
  ])('%s: the pictures go to a media source, without a reload', async (_, prepare) => {
    await using page = await browser.newPage();
    await page.addInitScript(prepare);
    await openPlayer(page, pages, '/plain', services.address('pictures'));
    await pictureIn(page, 'mse');
    await playsOn(page);
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
  });

  it('go on by another decoder after one that broke', async () => {
    await using page = await browser.newPage();
    await page.addInitScript({ content: breakDecoder(60, 2) });
    await openPlayer(page, pages, '/plain', services.address('pictures'));
    await until('the first decoders have broken', async () => (await playback(page)).pictures > 70);
    await playsOn(page);
    const { stats } = await playback(page);
    expect(stats).toMatchObject({ pictureIn: 'webcodecs', soundIn: 'worklet' });
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
  });

  it('are missing in a stream of sound alone, which plays', async () => {
    await services.untilState('tone', 'live');
    await using page = await browser.newPage();
    await openPlayer(page, pages, '/plain', services.address('tone'));
    const begin = await until('it plays', async () => {
      const now = await playback(page);
      return now.states.at(-1) === 'playing' && now;
    });
    await until('it plays on', async () => {
      const now = await playback(page);
      return now.time > begin.time + 1 && now.audioBytes > begin.audioBytes;
    });
  });

  it('go to a media source if the page wants that', async () => {
    await using page = await open(() => {
      addEventListener('DOMContentLoaded', () =>
        document.querySelector('topicast-player')?.setAttribute('picture', 'mse'),
      );
    });
    await pictureIn(page, 'mse');
    await playsOn(page);
    expect((await playback(page)).stats.pictureProblem).toBeUndefined();
  });

  it.each([
    ['webcodecs', '/plain-without-blobs'],
    ['mse', '/without-blobs'],
  ] as const)('on a page whose policy forbids blobs, in %s', async (engine, path) => {
    await using page = await browser.newPage();
    await openPlayer(page, pages, path, services.address('pictures'));
    await pictureIn(page, engine);
    await playsOn(page);
  });

  it('whose program is not beside the worker: the player says so', async () => {
    await using page = await browser.newPage();
    await page.route('**/mse.js', (route) => route.abort());
    await openPlayer(page, pages, '/without-blobs', services.address('pictures'));
    await failsBecauseOf(page, 'mse.js');
  });

  describe('the file of the media sources', () => {
    const SCRIPT = '**/topicast-mse.js';

    it('is not loaded while the worker decodes the pictures', async () => {
      await using page = await browser.newPage();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await openPlayer(page, pages, '/plain', services.address('pictures'));
      await pictureIn(page, 'webcodecs');
      await playsOn(page);
      expect(asked.filter((url) => url.endsWith('topicast-mse.js'))).toEqual([]);
    });

    it('comes late: plays', async () => {
      await using page = await browser.newPage();
      await page.route(SCRIPT, async (route) => {
        await page.waitForTimeout(4_000);
        await route.continue();
      });
      await openPlayer(page, pages, '/player', services.address('pictures'));
      await pictureIn(page, 'mse');
      await playsOn(page);
      expect((await playback(page)).stats.chunksLost).toBe(0);
    });

    it('comes late, when a decoder has broken: plays on', async () => {
      await using page = await browser.newPage();
      await page.addInitScript({ content: breakDecoder(60) });
      await page.route(SCRIPT, async (route) => {
        await page.waitForTimeout(3_000);
        await route.continue();
      });
      await openPlayer(page, pages, '/plain', services.address('pictures'));
      await pictureIn(page, 'webcodecs');
      await pictureIn(page, 'mse');
      await playsOn(page);
    });

    it('does not load: says so, and the next start tries again', async () => {
      await using page = await browser.newPage();
      await page.route(SCRIPT, (route) => route.abort());
      await openPlayer(page, pages, '/player', services.address('pictures'));
      await failsBecauseOf(page, 'topicast-mse.js');
      await page.unroute(SCRIPT);
      await page.evaluate(() => {
        const player = document.querySelector('topicast-player') as HTMLVideoElement & { stop(): void };
        player.stop();
        void player.play();
      });
      await pictureIn(page, 'mse');
      await playsOn(page);
    });
  });
});
