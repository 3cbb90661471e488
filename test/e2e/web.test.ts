import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { footage } from '../support/footage.js';
import { until } from '../support/poll.js';
import { childrenOf, isRunning } from '../support/processes.js';
import { temporaryFolder } from '../support/temporary.js';

const TOKEN = 'the-token-of-the-web-suite';
const starter = fileURLToPath(new URL('../../start/setup.mjs', import.meta.url));

describe('npm start', () => {
  const folder = temporaryFolder();
  const webPort = 20_000 + Math.floor(Math.random() * 20_000);
  const gatewayPort = webPort + 1;
  const web = `http://127.0.0.1:${webPort}`;
  const film = footage('tears-of-steel-clip.webm').path;
  let program: ChildProcess;
  let browser: BrowserContext;
  let output = '';

  beforeAll(async () => {
    program = spawn(process.execPath, [starter, 'all', '--input', `film=${film}`], {
      env: {
        ...process.env,
        KAFKA_BROKERS: '',
        TOPICAST_WEB_PORT: String(webPort),
        TOPICAST_GATEWAY_PORT: String(gatewayPort),
        TOPICAST_DATA_DIR: folder.path,
        TOPICAST_TOKEN: TOKEN,
        TOPICAST_MEDIA_DIRS: path.dirname(film),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [program.stdout, program.stderr]) {
      stream?.on('data', (data: Buffer) => {
        output += data;
      });
    }
    await until(
      'it says that it is running',
      () => {
        if (program.exitCode !== null) throw new Error(output);
        return output.includes('Topicast is running');
      },
      { limitMs: 200_000 },
    );
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    program?.kill('SIGKILL');
    folder[Symbol.dispose]();
  });

  it('prints where to look, and no token where output is kept', () => {
    expect(output).toContain(`${web}/watch/demo`);
    expect(output).not.toContain(TOKEN);
  });

  it('a port in use gets one clear line', async () => {
    const second = spawn(process.execPath, [starter, 'all'], {
      env: {
        ...process.env,
        KAFKA_BROKERS: '',
        TOPICAST_WEB_PORT: String(webPort),
        TOPICAST_DATA_DIR: `${folder.path}/2`,
      },
    });
    let said = '';
    second.stderr.on('data', (data) => {
      said += data;
    });
    await until('it has ended', () => second.exitCode !== null);
    expect(second.exitCode).toBe(1);
    expect(said.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`port ${webPort} is in use`))]);
  });

  it.each([
    'topicast-player.js',
    'topicast-captions.js',
    'topicast-sound.js',
    'topicast-overlay.js',
    'topicast-step.js',
    'topicast-picture.js',
    'topicast-mse.js',
  ])('pages of any origin load %s', async (file) => {
    const { status, headers } = await fetch(`${web}/${file}`);
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('content-type')).toMatch(/javascript/);
  });

  it('home shows live streams, the watch page plays one and shows its latency', async () => {
    const page = await browser.newPage();
    await page.goto(web);
    await until('both cards show what is on air', () =>
      page.evaluate(() => {
        const pictures = [...document.querySelectorAll<HTMLImageElement>('main li img')];
        return pictures.length === 2 && pictures.every(({ naturalWidth }) => naturalWidth === 320);
      }),
    );
    await page.getByRole('link', { name: /demo/i }).first().click();
    await page.waitForURL('**/watch/demo');
    await until('the picture moves', async () =>
      page.evaluate(() => {
        const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
        return (video?.currentTime ?? 0) > 0 && (video?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 30;
      }),
    );
    // The policy of the page lets the player load what it needs.
    await until('the worker decodes the pictures', () =>
      page.evaluate(() => {
        const player = document.querySelector('topicast-player');
        return player && Reflect.get(Reflect.get(player, 'stats') ?? {}, 'pictureIn') === 'webcodecs';
      }),
    );
    await until('the latency is shown', async () => /\d+ ms/.test(await page.locator('main').innerText()));
    await page.close();
  });

  it('the studio creates, stops and deletes a stream, which appears and disappears on the home page by itself', async () => {
    const [home, studio] = [await browser.newPage(), await browser.newPage()];
    await home.goto(web);
    await studio.goto(`${web}/studio#token=${encodeURIComponent(TOKEN)}`);
    await until('the token has left the address bar', () => !studio.url().includes('token'));
    await studio
      .getByRole('button', { name: /new stream/i })
      .first()
      .click();
    const dialog = studio.getByRole('dialog');
    await dialog.getByLabel(/title/i).fill('From the studio');
    await dialog.getByRole('button', { name: /create/i }).click();
    await until('it is live', async () => {
      const { state } = (await (
        await fetch(`http://127.0.0.1:${gatewayPort}/api/streams/from-the-studio`)
      ).json()) as {
        state?: string;
      };
      return state === 'live';
    });
    await until('home shows it', () => home.getByText('From the studio').first().isVisible());
    await studio.getByRole('button', { name: /delete.*from the studio/i }).click();
    await studio
      .getByRole('dialog')
      .getByRole('button', { name: /delete/i })
      .click();
    await until('home has lost it', async () => (await home.getByText('From the studio').count()) === 0);
    await Promise.all([home.close(), studio.close()]);
  });

  it('Ctrl-C ends all of it, no ffmpeg left behind', async () => {
    const children = childrenOf(program.pid!).map(({ pid }) => pid);
    expect(children.length).toBeGreaterThan(1);
    program.kill('SIGINT');
    await until('it has ended', () => program.exitCode !== null);
    expect(program.exitCode).toBe(0);
    await until('none of its processes is left', () => !children.some(isRunning));
  });
});
