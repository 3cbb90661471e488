import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { StreamInfo } from '@topicast/contracts/http';
import { streamId, topicOf } from '@topicast/contracts/stream-id';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { FFMPEG, hasEncoder } from '../support/ffprobe.js';
import { findFirefox } from '../support/firefox.js';
import { kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import type { PageServer } from '../support/page-server.js';
import { startPlainProducer } from '../support/plain-producer.js';
import { type FirefoxPlayer, playInFirefox } from '../support/player-in-firefox.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';

const WIDTH = 640;
const HEIGHT = 360;
const HEVC = '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25';
const H264 = '-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p';
const OPUS = '-c:a libopus -b:a 96k';

interface Clip {
  readonly what: string;
  readonly file: string;
  readonly encoding: string;
  readonly codecs: readonly [video: RegExp, audio: string];
  readonly inChromium: boolean;
}

const CLIPS: readonly Clip[] = [
  {
    what: 'HEVC with Opus, from an MP4 file',
    file: 'both.mp4',
    encoding: `${HEVC} -tag:v hvc1 ${OPUS}`,
    codecs: [/^hvc1\./, 'opus'],
    inChromium: false,
  },
  {
    what: 'HEVC with Opus, from a TS file',
    // Without B-frames: with them, ffmpeg leaves out the first picture of a TS file each time that it begins it again.
    file: 'both.ts',
    encoding: `${HEVC}:bframes=0 ${OPUS}`,
    codecs: [/^hvc1\./, 'opus'],
    inChromium: false,
  },
  {
    what: 'HEVC with AAC, from a Matroska file',
    file: 'hevc.mkv',
    encoding: `${HEVC} -c:a aac`,
    codecs: [/^hvc1\./, 'mp4a.40.2'],
    inChromium: false,
  },
  {
    what: 'H.264 with Opus, from a Matroska file',
    file: 'opus.mkv',
    encoding: `${H264} ${OPUS}`,
    codecs: [/^avc1\./, 'opus'],
    inChromium: true,
  },
];
/** New topics on a broker that others use too. */
const RUN = Date.now().toString(36);
const idOf = ({ file }: Clip) => streamId(`${file.replace('.', '-')}-${RUN}`);

/** Why nothing can be shown here; undefined if it can. An old ffmpeg, like the bundled one, lacks the encoders. */
function encodersMissing(): string | undefined {
  const missing = ['libx265', 'libopus'].filter((name) => !hasEncoder(name));
  return missing.length > 0 ? `${FFMPEG} was built without ${missing.join(' and ')}` : undefined;
}
const firefox = findFirefox();

/** A clip is 4 s of 25 pictures a second. A browser that starts late jumps to the live edge, so the time alone says little. */
const hasGoneOn = (begin: Moment, now: Moment): boolean =>
  now.pictures > begin.pictures + 150 && now.time > begin.time + 5;

interface Moment {
  readonly pictures: number;
  readonly time: number;
}

type Reached = Pick<Services, 'address' | 'api' | 'untilState' | 'close'>;

/** One way to the viewers for clips whose media nobody changes. */
interface Way {
  readonly what: string;
  readonly clips: readonly Clip[];
  readonly skipped: string | undefined;
  /** @param folder has the clips */
  open(folder: string, clips: readonly Clip[]): Promise<Reached>;
}

const WAYS: readonly Way[] = [
  {
    what: 'a source sent as it is',
    clips: CLIPS,
    skipped: encodersMissing(),
    open: (folder, clips) =>
      startServices({
        inputs: clips.map((clip) => ({
          id: idOf(clip),
          title: clip.what,
          source: { kind: 'file', path: path.join(folder, clip.file), copy: true },
        })),
      }),
  },
  {
    what: "a topic of somebody else's producer",
    clips: CLIPS.filter(({ file }) => file === 'both.ts' || file === 'opus.mkv'),
    skipped: encodersMissing() ?? kafkaUnavailable(),
    async open(folder, clips) {
      const broker = await startKafka();
      const writers = await Promise.all(
        clips.map((clip) =>
          startPlainProducer(broker.brokers, topicOf(idOf(clip)), path.join(folder, clip.file)),
        ),
      );
      const services = await startServices({
        log: await openKafkaLog({ brokers: broker.brokers.split(',') }),
      });
      const { address, api, untilState } = services;
      return {
        ...{ address, api, untilState },
        async close() {
          await services.close();
          for (const writer of writers) await writer[Symbol.asyncDispose]();
          await broker.stop();
        },
      };
    },
  },
];

for (const { what, clips, skipped, open } of WAYS)
  describe.skipIf(skipped)(`${what}${skipped ? ` (skipped: ${skipped})` : ''}`, () => {
    const folder = temporaryFolder();
    let services: Reached;

    beforeAll(async () => {
      const input = `-f lavfi -i testsrc2=s=${WIDTH}x${HEIGHT}:r=25 -f lavfi -i sine=f=440:r=48000 -t 4`;
      for (const { file, encoding } of clips) {
        const words = `-v error -nostdin ${input} ${encoding} -pix_fmt yuv420p`.split(' ');
        execFileSync(FFMPEG, [...words, path.join(folder.path, file)]);
      }
      services = await open(folder.path, clips);
    });
    afterAll(async () => {
      await services?.close();
      folder[Symbol.dispose]();
    });

    it.each(clips)('$what: the API names the codecs', async (clip) => {
      await services.untilState(idOf(clip), 'live');
      const tracks = await until('the codecs are known', async () => {
        const { body } = await services.api('GET', `/api/streams/${idOf(clip)}`);
        const { tracks = [] } = (body as StreamInfo).catalog?.renditions[0] ?? {};
        return tracks.length > 0 && tracks.every((track) => track.kind !== 'data' && track.codec) && tracks;
      });
      const [codec, sound] = clip.codecs;
      expect(tracks).toMatchObject([
        { kind: 'video', codec: expect.stringMatching(codec), width: WIDTH, height: HEIGHT },
        { kind: 'audio', codec: sound, sampleRate: 48_000 },
      ]);
    });

    describe.skipIf(!firefox)(`in Firefox${firefox ? '' : ' (skipped: there is none)'}`, () => {
      const newest = ({ seen }: FirefoxPlayer) => seen.at(-1);

      it.each(clips)('$what: plays', async (clip) => {
        await services.untilState(idOf(clip), 'live');
        await using player = await playInFirefox(firefox!, services.address(idOf(clip)));
        const begin = await until('it plays', () => {
          const now = newest(player);
          if (now?.state === 'failed') throw new Error(now.message);
          return now?.state === 'playing' && now.picture !== '' && now;
        });
        const end = await until('it goes on over the place where the clip begins again', () => {
          const now = newest(player);
          const different = new Set(player.seen.map(({ picture }) => picture)).size;
          return now && hasGoneOn(begin, now) && different > 20 && now;
        });
        expect(end).toMatchObject({ size: `${WIDTH}x${HEIGHT}`, hasSound: true });
      });
    });

    describe('in Chromium', () => {
      let pages: PageServer;
      let browser: BrowserContext;

      beforeAll(async () => {
        pages = await servePlayerPages();
        browser = await launchChromium();
      });
      afterAll(async () => {
        await browser?.close();
        await pages?.close();
      });

      const open = async (clip: Clip): Promise<Page> => {
        await services.untilState(idOf(clip), 'live');
        const page = await browser.newPage();
        await openPlayer(page, pages, '/player', services.address(idOf(clip)));
        return page;
      };
      const [playable, others] = [true, false].map((plays) =>
        clips.filter(({ inChromium }) => inChromium === plays),
      );

      it.each(playable!)('$what: plays', async (clip) => {
        await using page = await open(clip);
        const begin = await until('it plays', async () => {
          const now = await playback(page);
          return now.states.at(-1) === 'playing' && now.pictures > 0 && now;
        });
        await until('it goes on over the place where the clip begins again', async () => {
          const now = await playback(page);
          return hasGoneOn(begin, now) && now.audioBytes > begin.audioBytes;
        });
      });

      it.each(others!)('$what: the player says in one sentence which codec is missing', async (clip) => {
        await using page = await open(clip);
        await until('it gives up', async () => (await playback(page)).states.at(-1) === 'failed');
        const state = await page.evaluate(() =>
          Reflect.get(document.querySelector('topicast-player')!, 'state'),
        );
        expect(state).toMatchObject({
          problem: {
            reason: 'unsupported',
            message: expect.stringMatching(/^This browser cannot play HEVC video \(hvc1\.[^)]*\)\.$/),
          },
        });
      });
    });
  });
