import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { servePages } from '../support/page-server.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';

const run = promisify(execFile);
const playerFolder = fileURLToPath(new URL('../../player', import.meta.url));

describe('the packed player in an empty project', () => {
  const folder = temporaryFolder();
  let services: Services;

  beforeAll(async () => {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder.path], {
      cwd: playerFolder,
    });
    const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
    const [file] = Object.values(packed);
    await writeFile(
      path.join(folder.path, 'package.json'),
      '{"name":"elsewhere","private":true,"type":"module"}',
    );
    await run(
      'npm',
      ['install', '--no-audit', '--no-fund', `./${file!.filename}`, 'react@19', 'react-dom@19'],
      {
        cwd: folder.path,
      },
    );
    services = await startServices({ inputs: [testInput('demo')] });
    await services.untilState('demo', 'live');
  });
  afterAll(async () => {
    await services?.close();
    folder[Symbol.dispose]();
  });

  const bundled = async (source: string) => {
    const entry = path.join(folder.path, 'entry.jsx');
    await writeFile(entry, source);
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: 'esm',
      jsx: 'automatic',
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    return result.outputFiles[0]!.text;
  };

  const showsPictures = async (files: Record<string, string>) => {
    const pages = await servePages(files);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${pages.origin}/`);
      await until('the picture moves', () =>
        page.evaluate(() => {
          const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
          return (video?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 30 && video!.currentTime > 0;
        }),
      );
    } finally {
      await browser.close();
      await pages.close();
    }
  };

  it('plays from a plain HTML page', async () => {
    const read = (name: string) =>
      readFile(path.join(folder.path, 'node_modules/@topicast/player/dist', name), 'utf8');
    await showsPictures({
      '/topicast-player.js': await read('topicast-player.js'),
      '/topicast-mse.js': await read('topicast-mse.js'),
      '/': `<!doctype html><script type="module" src="/topicast-player.js"></script>
<topicast-player src="${services.address('demo')}" muted autoplay></topicast-player>`,
    });
  });

  it('plays from React', async () => {
    const script = await bundled(`import { createRoot } from 'react-dom/client';
import { TopicastPlayer } from '@topicast/player/react';
createRoot(document.querySelector('main')).render(<TopicastPlayer src="${services.address('demo')}" muted autoPlay />);`);
    await showsPictures({
      '/script.js': script,
      '/': '<!doctype html><main></main><script type="module" src="/script.js"></script>',
    });
  });

  it('can be imported on a server, and its types stand alone', async () => {
    const imports =
      "await import('@topicast/player'); await import('@topicast/player/react'); console.log('fine')";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', imports], {
      cwd: folder.path,
    });
    expect(stdout.trim()).toBe('fine');
    const types = await readFile(
      path.join(folder.path, 'node_modules/@topicast/player/dist/types/index.d.ts'),
      'utf8',
    );
    expect(types).not.toMatch(/@topicast\/(contracts|media)/);
  });
});
