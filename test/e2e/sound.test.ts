import path from 'node:path';
import type { StreamInfo } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { FFMPEG, hasEncoder } from '../support/ffprobe.js';
import {
  flashesAndBeeps,
  lipSync,
  listenForBeeps,
  watchForFlashes,
  writeFlashAndBeep,
} from '../support/flash-and-beep.js';
import { quantile } from '../support/glass.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';

const hasOpus = hasEncoder('libopus');

describe('sound outside of the media source, in Chromium', () => {
  const folder = temporaryFolder();
  const film = path.join(folder.path, 'flash-and-beep.mp4');
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;

  beforeAll(async () => {
    writeFlashAndBeep(film);
    [pages, browser] = await Promise.all([servePlayerPages(), launchChromium()]);
    services = await startBeeping();
  });
  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await pages?.close();
    folder[Symbol.dispose]();
  });

  const startBeeping = async (environment: Record<string, string> = {}): Promise<Services> => {
    const services = await startServices({
      environment,
      inputs: [{ id: streamId('beep'), title: 'Beep', source: { kind: 'file', path: film } }],
    });
    await services.untilState('beep', 'live');
    return services;
  };
  const open = async (
    path: '/plain' | '/muted' = '/plain',
    address = services.address('beep'),
  ): Promise<Page> => {
    const page = await browser.newPage();
    await listenForBeeps(page);
    await openPlayer(page, pages, path, address);
    await until('it plays', async () => (await playback(page)).states.at(-1) === 'playing');
    return page;
  };
  const video = (page: Page, change: { muted?: boolean; volume?: number }) =>
    page.evaluate((change) => Object.assign(document.querySelector('topicast-player')!, change), change);
  const beepsAgain = async (page: Page): Promise<number> => {
    const { length } = (await flashesAndBeeps(page)).beeps;
    await until('a beep', async () => (await flashesAndBeeps(page)).beeps.length > length);
    return length;
  };
  /** The loudest tenth of a second of the next one and a half seconds, in which there is a beep. */
  const loudest = async (page: Page): Promise<number> => {
    const levels: number[] = [];
    for (let n = 0; n < 30; n++) {
      await page.waitForTimeout(50);
      levels.push((await flashesAndBeeps(page)).loudness);
    }
    return Math.max(...levels);
  };

  const isHeardWhenItsPictureIsSeen = async (page: Page): Promise<void> => {
    await beepsAgain(page);
    await watchForFlashes(page);
    const offsets = await until('ten flashes with their beeps', async () => {
      const found = lipSync(await flashesAndBeeps(page));
      return found.length >= 10 && found;
    });
    // On a machine that does nothing else it is below 20 ms.
    expect(Math.abs(quantile(offsets, 0.5))).toBeLessThan(40);
    const { stats, audioBytes } = await playback(page);
    expect(stats).toMatchObject({ soundIn: 'worklet', chunksLost: 0 });
    expect(audioBytes).toBe(0);
  };

  it('is heard when its picture is seen', { retry: 2 }, async () => {
    await using page = await open();
    await isHeardWhenItsPictureIsSeen(page);
  });

  const why = hasOpus ? '' : ` (skipped: ${FFMPEG} was built without libopus)`;
  it.skipIf(!hasOpus)(`is so too if our encoder makes Opus of it${why}`, { retry: 2 }, async () => {
    const other = await startBeeping({ TOPICAST_AUDIO_CODEC: 'opus' });
    try {
      const sound = await until('its sound is known', async () => {
        const { body } = await other.api('GET', '/api/streams/beep');
        return (body as StreamInfo).catalog?.renditions[0]?.tracks[1];
      });
      expect(sound).toMatchObject({ kind: 'audio', codec: 'opus', sampleRate: 48_000, channels: 2 });
      await using page = await open('/plain', other.address('beep'));
      await isHeardWhenItsPictureIsSeen(page);
    } finally {
      await other.close();
    }
  });

  it('follows the volume and the mute of the element', async () => {
    await using page = await open();
    await beepsAgain(page);
    await until('it is loud', async () => (await loudest(page)) > 0.35);
    await video(page, { volume: 0.25 });
    await until('it is quieter', async () => {
      const level = await loudest(page);
      return level > 0.08 && level < 0.2;
    });
    await video(page, { muted: true });
    await page.waitForTimeout(300);
    const { beeps } = await flashesAndBeeps(page);
    await page.waitForTimeout(2500);
    expect((await flashesAndBeeps(page)).beeps).toHaveLength(beeps.length);
    await video(page, { muted: false, volume: 1 });
    await beepsAgain(page);
  });

  it('falls silent with a pause, and comes back with the picture', async () => {
    await using page = await open();
    await beepsAgain(page);
    await page.evaluate(() => document.querySelector<HTMLVideoElement>('topicast-player')?.pause());
    await page.waitForTimeout(500);
    const { beeps } = await flashesAndBeeps(page);
    await page.waitForTimeout(2500);
    expect((await flashesAndBeeps(page)).beeps).toHaveLength(beeps.length);
    await page.evaluate(() => document.querySelector<HTMLVideoElement>('topicast-player')?.play());
    await beepsAgain(page);
  });

  it('makes no audio context before somebody wants to hear it', async () => {
    await using page = await open('/muted');
    await page.waitForTimeout(1500);
    expect((await flashesAndBeeps(page)).contexts).toBe(0);
    await video(page, { muted: false });
    await beepsAgain(page);
    expect((await flashesAndBeeps(page)).contexts).toBe(1);
  });

  it('is heard again, with its picture, when the stream comes back with other time stamps', async () => {
    await using page = await open();
    await beepsAgain(page);
    expect((await services.api('POST', '/api/streams/beep/stop')).status).toBe(202);
    await until('it ends', async () => (await playback(page)).states.at(-1) === 'ended');
    expect((await services.api('POST', '/api/streams/beep/start')).status).toBe(202);
    await until('it plays again', async () => (await playback(page)).states.at(-1) === 'playing');
    await beepsAgain(page);
    await watchForFlashes(page);
    const { flashes } = await flashesAndBeeps(page);
    await until('a flash with its beep', async () => {
      const found = await flashesAndBeeps(page);
      const offsets = lipSync({ ...found, flashes: found.flashes.slice(flashes.length) });
      return offsets.some((offset) => Math.abs(offset) < 40);
    });
    expect((await playback(page)).stats.soundIn).toBe('worklet');
  });

  it('where the browser wants a click first: plays silently, and is heard from the click on', async () => {
    const strict = await launchChromium({ args: ['--autoplay-policy=document-user-activation-required'] });
    try {
      const page = await strict.newPage();
      await listenForBeeps(page);
      await page.addInitScript(() =>
        addEventListener('autoplaymuted', () => console.info('autoplaymuted'), true),
      );
      // Whatever is asked of the page counts as a click, so only listen.
      const told = page.waitForEvent('console', { predicate: (line) => line.text() === 'autoplaymuted' });
      await openPlayer(page, pages, '/plain', services.address('beep'));
      await told;
      await until('it plays without sound', async () => (await playback(page)).states.at(-1) === 'playing');
      expect((await flashesAndBeeps(page)).beeps).toEqual([]);
      await page.evaluate(() => {
        addEventListener('click', () =>
          Object.assign(document.querySelector('topicast-player') ?? {}, { muted: false }),
        );
      });
      await page.mouse.click(50, 50);
      await beepsAgain(page);
      expect((await playback(page)).paused).toBe(false);
    } finally {
      await strict.close();
    }
  });

  it('goes on by another decoder after one that broke', async () => {
    await using page = await browser.newPage();
    await page.addInitScript(() => {
      const breaks = `if (globalThis.AudioDecoder) {
        const Before = AudioDecoder;
        let left = 100;
        globalThis.AudioDecoder = class extends Before {
          constructor(init) {
            super(init);
            this.fails = init.error;
          }
          decode(chunk) {
            super.decode(chunk);
            if (--left !== 0) return;
            this.close();
            this.fails(new DOMException('broken', 'EncodingError'));
          }
        };
      }`;
      const Before = Blob;
      window.Blob = class extends Before {
        constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
          super(String(parts[0]).includes('onmessage') ? [breaks, ...parts] : parts, options);
        }
      };
    });
    await openPlayer(page, pages, '/plain', services.address('beep'));
    const heard = async () => Number((await playback(page)).stats.soundHeardMs ?? 0);
    // A hundred frames are two seconds.
    await until('it is heard for twice as long', async () => (await heard()) > 5_000);
    const { stats } = await playback(page);
    expect(stats).toMatchObject({ soundIn: 'worklet', pictureIn: 'webcodecs' });
    expect(Number(stats.soundDropped)).toBeGreaterThan(0);
  });

  it.each([
    [
      'a page without worklets',
      () => {
        Reflect.deleteProperty(window, 'AudioWorkletNode');
      },
    ],
    [
      'a worklet that is refused',
      () => {
        AudioWorklet.prototype.addModule = () => Promise.reject(new DOMException('refused', 'AbortError'));
      },
    ],
    [
      'a worker without a decoder',
      () => {
        const Before = Blob;
        window.Blob = class extends Before {
          constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
            super(['delete globalThis.AudioDecoder;', ...parts], options);
          }
        };
      },
    ],
  ])('%s: the sound goes with the picture, without a reload', async (_, break_) => {
    await using page = await browser.newPage();
    await page.addInitScript(break_);
    await openPlayer(page, pages, '/plain', services.address('beep'));
    await until('sound decodes in the media source', async () => {
      const { audioBytes, stats } = await playback(page);
      return audioBytes > 0 && stats.soundIn === 'media';
    });
    const { time } = await playback(page);
    await until('it plays on', async () => (await playback(page)).time > time + 1);
  });
});
