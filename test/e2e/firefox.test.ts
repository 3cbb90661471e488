import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { findFirefox, openFirefox } from '../support/firefox.js';
import {
  FLASH_AND_BEEP_SCRIPTS,
  type FlashesAndBeeps,
  lipSync,
  writeFlashAndBeep,
} from '../support/flash-and-beep.js';
import { quantile } from '../support/glass.js';
import { servePages } from '../support/page-server.js';
import { playerFile } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';
import { type SoundDevice, soundDeviceUnavailable, startSoundDevice } from '../support/sound-device.js';
import { temporaryFolder } from '../support/temporary.js';

/** What a page with our player tells five times a second. */
interface Told {
  readonly state: string;
  readonly size: string;
  readonly stats: Readonly<Record<string, number | string | undefined>>;
  readonly heard: FlashesAndBeeps;
}

/** @param before runs before the player is loaded */
const pageOf = (address: string, before: string): string => `<!doctype html><meta charset="utf-8">
<title>Firefox</title><script>${before};${FLASH_AND_BEEP_SCRIPTS.listen}</script>
<topicast-player autoplay style="width:640px"></topicast-player>
<script type="module" src="/topicast-player.js"></script>
<script type="module">
  const player = document.querySelector('topicast-player');
  const video = player.shadowRoot.querySelector('video');
  player.src = ${JSON.stringify(address)};
  ${FLASH_AND_BEEP_SCRIPTS.watch}
  setInterval(() => fetch('/told', { method: 'POST', body: JSON.stringify({
    state: player.state.name,
    size: video.videoWidth + 'x' + video.videoHeight,
    stats: player.stats ?? {},
    heard: ${FLASH_AND_BEEP_SCRIPTS.take},
  }) }), 200);
</script>`;

const firefox = findFirefox();

describe.skipIf(!firefox)(`the player in Firefox${firefox ? '' : ' (skipped: there is none)'}`, () => {
  const folder = temporaryFolder();
  let services: Services;
  let device: SoundDevice | undefined;

  beforeAll(async () => {
    const film = path.join(folder.path, 'flash-and-beep.mp4');
    writeFlashAndBeep(film);
    services = await startServices({
      inputs: [{ id: streamId('beep'), title: 'Beep', source: { kind: 'file', path: film } }],
    });
    await services.untilState('beep', 'live');
    if (!soundDeviceUnavailable) device = await startSoundDevice();
  });
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]();
    await services?.close();
    folder[Symbol.dispose]();
  });

  /** Plays until the page tells this. */
  async function play(what: string, isSo: (told: Told) => boolean, before = ''): Promise<Told> {
    let told: Told | undefined;
    const pages = await servePages(
      { ...playerFile(), '/': pageOf(services.address('beep'), before) },
      (body) => {
        told = JSON.parse(body);
      },
    );
    const browser = await openFirefox(firefox!, `${pages.origin}/`, device?.environment);
    try {
      return await until(what, () => told && isSo(told) && told);
    } catch (error) {
      throw new Error(`the page told ${JSON.stringify(told)?.slice(0, 2_000)}`, { cause: error });
    } finally {
      await browser.close();
      await pages.close();
    }
  }

  it('shows pictures that the worker decodes, through a canvas', async () => {
    const { size, stats, heard } = await play(
      'it plays, and there were five flashes',
      ({ heard, stats, state }) =>
        state === 'playing' && heard.flashes.length >= 5 && stats.latencyMs !== undefined,
    );
    expect(size).toBe('320x180');
    expect(stats).toMatchObject({ pictureIn: 'webcodecs', soundIn: 'worklet', chunksLost: 0 });
    expect(stats.framesDecoded).toBeGreaterThan(60);
    const gaps = heard.flashes.slice(1).map((at, i) => at - heard.flashes[i]!);
    expect(Math.abs(quantile(gaps, 0.5) - 1_000)).toBeLessThan(200);
  });

  const why = soundDeviceUnavailable && ` (skipped: ${soundDeviceUnavailable})`;
  it.skipIf(soundDeviceUnavailable)(
    `is heard when its picture is seen${why}`,
    { timeout: 400_000 },
    async () => {
      await whenCalm(async () => {
        const { heard, stats } = await play('ten flashes with their beeps', ({ heard }) => {
          return lipSync(heard).length >= 10;
        });
        // On a machine that does nothing else it is below 20 ms.
        expect(Math.abs(quantile(lipSync(heard), 0.5))).toBeLessThan(40);
        expect(stats.soundHeardMs).toBeGreaterThan(5_000);
      });
    },
  );

  it('goes on with a media source, which has the sound, too, where the decoder breaks', async () => {
    const breaks = `globalThis.VideoDecoder && (VideoDecoder.prototype.decode = () => {
      throw new DOMException('broken', 'EncodingError');
    });`;
    const { stats } = await play(
      'it plays in a media source',
      ({ state, stats }) =>
        state === 'playing' && stats.pictureIn === 'mse' && Number(stats.framesDecoded) > 60,
      `const Before = Blob;
      window.Blob = class extends Before {
        constructor(parts = [], options) {
          super(String(parts[0]).includes('onmessage') ? [${JSON.stringify(breaks)}, ...parts] : parts, options);
        }
      }`,
    );
    expect(stats).toMatchObject({ soundIn: 'media', mediaIn: 'page' });
    expect(String(stats.pictureProblem)).toMatch(/broken/);
  });
});
