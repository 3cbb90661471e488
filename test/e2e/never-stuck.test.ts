import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { type PageServer, servePages } from '../support/page-server.js';
import { openPlayer, playback, playerFile, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { type EncoderSettings, PIDS, TestEncoder } from '../support/test-encoder.js';

const PACKET_BYTES = 188;
/** Longer than the player waits before it rests. */
const LONG_UNWATCHED_MS = 6_500;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Longer than any remedy takes, on a busy machine too; who watches would have left by then. */
const LONGEST_MS = 20_000;

/** By payload_unit_start_indicator and random_access_indicator (H.222.0 2.4.3.3 and 2.4.3.5). */
const startsFrame = (packet: Uint8Array) => (packet[1]! & 0x40) !== 0;
const startsKeyframe = (packet: Uint8Array) =>
  startsFrame(packet) && (packet[3]! & 0x20) !== 0 && packet[4]! > 0 && (packet[5]! & 0x40) !== 0;

/** Pictures or sound go on from here, and the player says that it plays. */
async function goesOn(
  what: string,
  page: Page,
  part: 'pictures' | 'sound' = 'pictures',
  limitMs = LONGEST_MS,
): Promise<void> {
  const look = async () => {
    const { pictures, audioBytes, stats, states, paused } = await playback(page);
    const plays = states.at(-1) === 'playing' && !paused;
    // In the media source, or beside it.
    return { plays, pictures, sound: audioBytes / 16 + Number(stats.soundHeardMs ?? 0) };
  };
  const enough = { pictures: 10, sound: 500 }[part];
  let before = await look();
  await until(
    `${part} go on: ${what}`,
    async () => {
      const now = await look();
      // The numbers begin anew with a new media source.
      if (now[part] < before[part]) before = now;
      return now[part] >= before[part] + enough && now.plays;
    },
    { limitMs },
  );
}

const stateIs = (page: Page, state: string) =>
  until(`the player is ${state}`, async () => (await playback(page)).states.at(-1) === state);

/** Calls a method of the player element, or of the video inside it. */
const call = (page: Page, target: 'player' | 'video', method: 'play' | 'pause') =>
  page.evaluate(
    ([target, method]) => {
      const player = document.querySelector('topicast-player') as unknown as HTMLVideoElement;
      const video = player.shadowRoot?.querySelector('video');
      return (target === 'player' ? player : video)?.[method as 'play']();
    },
    [target, method] as const,
  );

/** A page whose player decodes the pictures in the worker, and one where they go into a media source. */
const ENGINES: readonly Engine[] = [
  ['webcodecs', '/plain'],
  ['mse', '/player'],
];
type Engine = readonly [name: 'webcodecs' | 'mse', path: '/plain' | '/player' | '/beside'];

interface CutOff {
  readonly page: Page;
  /** Give it back, when it has been gone for so long. */
  healAfter(ms: number): Promise<void>;
  close(): Promise<void>;
}

describe('whatever happens, the player plays on by itself', () => {
  let services: Services;
  let browser: BrowserContext;
  let pages: PageServer;
  let encoder: TestEncoder;
  let proxy: TcpProxy;
  /** Has no network from the beginning on. */
  let cutOff: CutOff;

  beforeAll(async () => {
    pages = await servePlayerPages();
    browser = await launchChromium();
    services = await startServices();
    encoder = await TestEncoder.create(services.log, 'scenes');
    proxy = await startTcpProxy();
    proxy.forwardTo(services.gateway.port);
    cutOff = await cutOffPage();
  });
  afterAll(async () => {
    await cutOff?.close();
    await browser?.close();
    await encoder?.stop();
    await proxy?.close();
    await services?.close();
    await pages?.close();
  });

  /** A page that plays the stream, which begins anew and undisturbed. */
  const open = async ([engine, path]: Engine = ['webcodecs', '/plain']): Promise<Page> => {
    encoder.filter = (packet) => packet;
    encoder.spoil = (value) => value;
    await encoder.restart();
    const page = await browser.newPage();
    // Playwright's scripts count as the viewer's doing.
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'userActivation', { value: { isActive: false } });
    });
    const address = `ws://127.0.0.1:${proxy.port}/live/${encoder.id}`;
    // A busy machine may load the engine too late.
    for (let attempt = 1; ; attempt++) {
      await page.goto('about:blank');
      await openPlayer(page, pages, path, address);
      await goesOn('after the start', page);
      const used = await until('it tells its engine', async () => (await playback(page)).stats.pictureIn);
      if (used === engine) return page;
      expect(attempt).toBeLessThan(3);
    }
  };

  /** A page of its own, with a stream of its own, that loses its network while it plays. */
  const cutOffPage = async (): Promise<CutOff> => {
    const source = await TestEncoder.create(services.log, 'far');
    const line = await startTcpProxy();
    line.forwardTo(services.gateway.port);
    const page = await browser.newPage();
    await source.restart();
    await openPlayer(page, pages, '/plain', `ws://127.0.0.1:${line.port}/live/${source.id}`);
    await goesOn('before the cut', page);
    line.cut();
    const cutAt = Date.now();
    return {
      page,
      async healAfter(ms) {
        await pause(Math.max(0, cutAt + ms - Date.now()));
        line.heal();
      },
      async close() {
        await page.close();
        await source.stop();
        await line.close();
      },
    };
  };

  describe('what the browser does to the page', () => {
    it.each(ENGINES)(
      '%s: frozen and resumed: plays on, unless the viewer has paused before',
      async (...engine) => {
        await using page = await open(engine);
        const devtools = await browser.newCDPSession(page);
        const freeze = async (ms: number) => {
          await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
          await pause(ms);
          await devtools.send('Page.setWebLifecycleState', { state: 'active' });
        };
        await freeze(3_000);
        await goesOn('after the page was frozen', page);
        await call(page, 'player', 'pause');
        await freeze(1_000);
        await staysPaused(page);
      },
    );

    it('paused by the browser while frozen, without an event of its own: plays on', async () => {
      await using page = await open();
      await page.evaluate(() => {
        const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
        document.dispatchEvent(new Event('freeze'));
        video?.pause();
      });
      await stateIs(page, 'paused');
      await page.evaluate(() => document.dispatchEvent(new Event('resume')));
      await goesOn('after the page was resumed', page);
    });

    // Playwright does not support the cache itself, and starts browsers without it.
    it('in the back/forward cache, as its events tell, or left and entered again: plays on', async () => {
      await using page = await open();
      await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
      await stateIs(page, 'paused');
      await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
      await goesOn('after the events of the cache', page);
      await page.goto('about:blank');
      await page.goBack();
      await goesOn('after the way back', page);
    });

    it.each(ENGINES)(
      '%s: hidden: sound plays on; without sound it rests, and is back when it is seen; a pause stays a pause',
      async (...engine) => {
        await using page = await open(engine);
        await hide(page, true);
        await pause(LONG_UNWATCHED_MS);
        await goesOn('with sound, in a hidden tab', page, 'sound');
        await page.evaluate(() => Object.assign(document.querySelector('topicast-player')!, { muted: true }));
        await stateIs(page, 'paused');
        expect(await stateOf(page)).toEqual({ name: 'paused', continues: true });
        await hide(page, false);
        await goesOn('when it is seen again', page);
        // As some browsers do at once.
        await hide(page, true);
        await call(page, 'video', 'pause');
        await stateIs(page, 'paused');
        await hide(page, false);
        await goesOn('after a pause of the browser', page);
        await call(page, 'video', 'pause');
        await stateIs(page, 'paused');
        await hide(page, true);
        await hide(page, false);
        await staysPaused(page);
      },
    );

    it('paused, and played again at once: plays on', async () => {
      await using page = await open();
      for (let time = 0; time < 5; time++) {
        await call(page, 'player', 'pause');
        await pause(20 * time);
        await call(page, 'player', 'play');
        await goesOn('after a short pause', page);
      }
    });

    it('moved within the page: plays on', async () => {
      await using page = await open();
      await page.evaluate(async () => {
        const player = document.querySelector('topicast-player');
        player?.remove();
        player?.removeAttribute('autoplay');
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (player) document.body.append(player);
      });
      await goesOn('after the move', page);
    });

    it('the end of picture in picture, which pauses the video: plays on', async () => {
      await using page = await open();
      await page.evaluate(() => {
        const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
        video?.pause();
        setTimeout(() => video?.dispatchEvent(new Event('leavepictureinpicture')), 50);
      });
      await goesOn('after the window was closed', page);
    });

    it('room for 1 MB of media only: plays on', async () => {
      await using small = await launchChromium({ args: ['--mse-video-buffer-size-limit-mb=1'] });
      await encoder.restart();
      await using page = await small.newPage();
      await openPlayer(page, pages, '/player', services.address(encoder.id));
      await goesOn('with room', page);
      const began = (await playback(page)).time;
      const oldest = () =>
        page.evaluate(() => {
          const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
          return video?.buffered.length ? video.buffered.start(0) : 0;
        });
      await until('there is no room for what was played', async () => (await oldest()) > 1);
      // By itself, the player removes nothing before it has played for 20 s.
      expect((await playback(page)).time - began).toBeLessThan(18);
      await goesOn('with what there is room for', page);
    });

    it('sound refused without a click: plays without it', async () => {
      const strict = await launchChromium({ args: ['--autoplay-policy=document-user-activation-required'] });
      await encoder.restart();
      const page = await strict.newPage();
      await page.addInitScript(() =>
        addEventListener('autoplaymuted', () => console.info('autoplaymuted'), true),
      );
      // Until it is decided: playwright's scripts count as clicks.
      const told = page.waitForEvent('console', { predicate: (line) => line.text() === 'autoplaymuted' });
      await openPlayer(page, pages, '/plain', services.address(encoder.id));
      await told;
      await goesOn('muted', page);
      expect(
        await page.evaluate(() => Reflect.get(document.querySelector('topicast-player')!, 'muted')),
      ).toBe(true);
      await strict.close();
    });
  });

  describe('what the network does', () => {
    it('cut for 3 s: plays on', async () => {
      await using page = await open();
      proxy.cut();
      await pause(3_000);
      proxy.heal();
      await goesOn('after 3 s', page, 'pictures', 2 * LONGEST_MS);
    });

    it.each(ENGINES)(
      '%s: no gateway for some seconds: says so as a media element does',
      async (...engine) => {
        await using page = await open(engine);
        await page.evaluate(() => {
          const events: string[] = [];
          const player = document.querySelector('topicast-player')!;
          for (const type of ['waiting', 'playing']) player.addEventListener(type, () => events.push(type));
          Object.assign(window, { events });
        });
        const look = () =>
          page.evaluate(() => {
            const { events, stats } = window as unknown as { events: string[]; stats: { latencyMs: number } };
            const { readyState } = document.querySelector('topicast-player') as unknown as HTMLVideoElement;
            return { last: events.at(-1), latencyMs: stats.latencyMs, readyState };
          });
        const { latencyMs } = await look();
        proxy.cut();
        await until('it waits, and its picture grows old', async () => {
          const now = await look();
          return now.last === 'waiting' && now.readyState === 2 && now.latencyMs > latencyMs + 3_000;
        });
        expect((await playback(page)).states.at(-1)).toBe('buffering');
        proxy.heal();
        await goesOn('with a gateway', page);
        await until('it says that it plays', async () => {
          const now = await look();
          return now.last === 'playing' && now.readyState > 2 && now.latencyMs < latencyMs + 1_000;
        });
      },
    );

    it('a connection that both ends believe in, and that carries nothing: is replaced', async () => {
      await using page = await open();
      proxy.strand();
      await stateIs(page, 'buffering');
      const before = Date.now();
      await goesOn('on another connection', page);
      // By far sooner than any of the two ends gives the connection up, after 10 and after 30 s.
      expect(Date.now() - before).toBeLessThan(8_000);
    });

    it('online again: connects at once', async () => {
      await using page = await open();
      proxy.forwardTo(1);
      proxy.strand();
      await until('it has given up', async () => (await stateOf(page)).problem !== undefined);
      proxy.forwardTo(services.gateway.port);
      await browser.setOffline(true);
      await browser.setOffline(false);
      await goesOn('on the new network', page);
    });
  });

  describe('what encoders do', () => {
    it.each(ENGINES)(
      '%s: another size, rate, codec, with and without sound or picture: plays on',
      async (...engine) => {
        await using page = await open(engine);
        const others: readonly [EncoderSettings, 'pictures' | 'sound'][] = [
          [{ size: '640x360' }, 'pictures'],
          [{ frameRate: 50, audio: 'libopus' }, 'pictures'],
          [{ audio: 'none' }, 'pictures'],
          [{ video: 'none' }, 'sound'],
          [{}, 'pictures'],
          [{ audio: 'none' }, 'pictures'],
          [{}, 'sound'],
        ];
        for (const [settings, part] of others) {
          await encoder.restart(settings);
          await goesOn(JSON.stringify(settings), page, part);
        }
      },
    );

    it.each([...ENGINES, ['mse', '/beside'] as const])(
      '%s, %s: a track that pauses, ends, or comes late does not stop the other one',
      async (...engine) => {
        await using page = await open(engine);
        // Of the pictures, a keyframe is the last: who comes then gets that one alone.
        const lose = (track: keyof typeof PIDS) => {
          let left: 'all' | 'the keyframe' | 'none' = track === 'video' ? 'all' : 'none';
          encoder.filter = (packet, pid) => {
            if (pid !== PIDS[track]) return packet;
            if (left === 'the keyframe' && startsFrame(packet)) left = 'none';
            if (left === 'all' && startsKeyframe(packet)) left = 'the keyframe';
            return left === 'none' ? undefined : packet;
          };
        };
        const all = () => {
          encoder.filter = (packet) => packet;
        };
        for (const [track, other] of [
          ['audio', 'pictures'],
          ['video', 'sound'],
        ] as const) {
          lose(track);
          await pause(3_000);
          await goesOn(`without ${track}`, page, other);
          {
            await using late = await browser.newPage();
            await openPlayer(late, pages, engine[1], services.address(encoder.id));
            await goesOn(`without ${track}, for who comes now`, late, other);
          }
          all();
          await goesOn(`${track} is back`, page, track === 'audio' ? 'sound' : 'pictures');
        }
        lose('audio');
        await encoder.restart();
        await goesOn('before its sound comes', page);
        all();
        await goesOn('late sound', page, 'sound');
      },
    );

    it.each(ENGINES)(
      '%s: time stamps that jump and go round, lost packets, chunks full of garbage: plays on',
      async (...engine) => {
        await using page = await open(engine);
        for (const timeOffsetS of [50_000, 10, 95_440]) {
          await encoder.jump({ timeOffsetS });
          await pause(1_500);
          await goesOn(`time stamps from ${timeOffsetS} s`, page);
        }
        let count = 0;
        encoder.filter = (packet) => (count++ % 60 === 0 ? undefined : packet);
        await pause(3_000);
        encoder.filter = (packet) => packet;
        await goesOn('after lost packets', page);
        encoder.spoil = spoilt;
        await pause(3_000);
        encoder.spoil = (value) => value;
        await goesOn('after garbage', page);
      },
    );

    it.each(ENGINES)('%s: not live yet, over, and live again: plays on', async (_, path) => {
      await using early = await TestEncoder.create(services.log, 'early');
      await using page = await browser.newPage();
      await openPlayer(page, pages, path, services.address(early.id));
      await stateIs(page, 'waiting');
      for (const time of ['first', 'second']) {
        await early.restart();
        await goesOn(`the ${time} time`, page);
        await early.stop();
        await stateIs(page, 'ended');
      }
    });
  });

  it('cut for a minute, which was while the others were tested: plays on', async () => {
    await cutOff.healAfter(60_000);
    await goesOn('after a minute', cutOff.page, 'pictures', 2 * LONGEST_MS);
  });

  describe('a machine with much to do', () => {
    it.each(ENGINES)('%s: four times slower: plays on', async (...engine) => {
      await using page = await open(engine);
      const devtools: CDPSession = await browser.newCDPSession(page);
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      await pause(3_000);
      await goesOn('slowly', page);
    });

    it('nine players on one page: all play; those out of sight rest, and are back when they are seen', async () => {
      await encoder.restart();
      const address = services.address(encoder.id);
      const player = `<topicast-player src="${address}" autoplay muted style="width:32%"></topicast-player>`;
      const wall = await servePages({
        ...playerFile(),
        '/': `<!doctype html>${player.repeat(9)}<div style="height:4000px"></div><p id="below">below</p>
<script type="module" src="/topicast-player.js"></script>`,
      });
      await using page = await browser.newPage();
      await page.goto(wall.origin);
      const look = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('topicast-player')].map((each) => ({
            state: Reflect.get(each, 'state').name,
            pictures: Reflect.get(each, 'stats')?.framesDecoded ?? 0,
          })),
        );
      const all = (state: string) =>
        until(`all nine are ${state}`, async () => (await look()).every((each) => each.state === state));
      /** @param ms until the last one shows pictures */
      const allPlay = async (ms: number) => {
        const before = await look();
        const rise = async () => (await look()).map(({ pictures }, i) => pictures - before[i]!.pictures);
        await until('all nine show pictures', async () => (await rise()).every((more) => more > 5), {
          limitMs: ms,
        });
        await all('playing');
      };
      await allPlay(2 * LONGEST_MS);
      await page.evaluate(() => document.getElementById('below')?.scrollIntoView());
      await all('paused');
      await page.evaluate(() => scrollTo(0, 0));
      await allPlay(2 * LONGEST_MS);
      await wall.close();
    });
  });
});

const stateOf = (page: Page): Promise<{ name: string; problem?: object }> =>
  page.evaluate(() => Reflect.get(document.querySelector('topicast-player')!, 'state'));

async function staysPaused(page: Page): Promise<void> {
  await pause(2_500);
  expect(await stateOf(page)).toEqual({ name: 'paused' });
}

/** What a page sees when its tab goes behind another one; a headless browser shows all of them. */
const hide = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

/** Keeps the packets' heads, so that the garbage reaches the decoder. */
function spoilt(value: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(value);
  for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
    for (let byte = at + 40; byte < at + PACKET_BYTES; byte += 7) bytes[byte] = (byte * 31) % 256;
  }
  return bytes;
}
