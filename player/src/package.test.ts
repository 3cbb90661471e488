import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const project = (path: string): string => join(folder, '..', path);
const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
const tsc = join(typescript, '..', 'bin', 'tsc');

/** An empty project outside the workspace that has installed the packed package, and nothing else. */
const temporary = temporaryFolder();
const outside = temporary.path;

beforeAll(async () => {
  await run(process.execPath, [tsc, '-b', folder]);
  await run(process.execPath, [join(folder, 'bundle.mjs')]);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', outside], { cwd: folder });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  await run('mkdir', ['-p', join(outside, 'node_modules/@topicast/player')]);
  const into = join(outside, 'node_modules/@topicast/player');
  await run('tar', ['-xzf', join(outside, packed.filename), '--strip-components=1', '-C', into]);
  await run('ln', ['-s', project('node_modules/react'), join(outside, 'node_modules/react')]);
  await run('ln', ['-s', project('node_modules/@types'), join(outside, 'node_modules/@types')]);
  await run('ln', ['-s', project('node_modules/csstype'), join(outside, 'node_modules/csstype')]);
  await writeFile(join(outside, 'package.json'), '{ "type": "module" }');
});

afterAll(() => temporary[Symbol.dispose]());

describe('the packed package', () => {
  it('can be imported on a server, where there is no HTMLElement and no window', async () => {
    const script = `
      for (const name of ['', '/element', '/define', '/react']) {
        const exported = Object.keys(await import('@topicast/player' + name));
        console.log(name, exported.join(' '));
      }`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: outside });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'TopicastPlayer',
      '/element TopicastPlayerElement',
      '/define TopicastPlayerElement',
      '/react TopicastPlayer',
    ]);
  });

  it('renders an empty element on a server', async () => {
    const player = await import(pathToFileURL(join(folder, 'dist/react.js')).href);
    const { createElement } = await import('react');
    const { renderToString } = await import('react-dom/server');
    const props = { src: 'wss://example.org/live/demo', className: 'big', slot: 'media', autoPlay: true };
    expect(renderToString(createElement(player.TopicastPlayer, props))).toBe(
      '<topicast-player class="big" slot="media"></topicast-player>',
    );
  });

  it('has declarations that stand alone', async () => {
    await writeFile(
      join(outside, 'use.ts'),
      `import { TopicastPlayer, type PlayerState } from '@topicast/player';
       import { TopicastPlayer as Component, type TopicastPlayerProps } from '@topicast/player/react';
       import '@topicast/player/define';
       const player = new TopicastPlayer(document.createElement('video'), { src: 'wss://example.org/live/demo' });
       player.addEventListener('statechange', ({ detail }) => {
         const state: PlayerState = detail;
         if (state.name === 'failed') console.log(state.problem.message, state.retry);
       });
       const level: number | undefined = document.querySelector('topicast-player')?.stats?.levelMs;
       const props: TopicastPlayerProps = { src: '', onStats: (stats) => stats.targetMs };
       export { Component, level, props };`,
    );
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      'react',
    ];
    const libraries = ['--lib', 'es2022,dom,dom.iterable', '--skipLibCheck', 'false'];
    await run(process.execPath, [tsc, ...options, ...libraries, join(outside, 'use.ts')], { cwd: outside });
  });

  it('says that its React part is for the client', async () => {
    expect(await readFile(join(folder, 'dist/react.js'), 'utf8')).toMatch(/^"use client";/);
  });

  it('is at most 32 KB gzipped, worker and all', async () => {
    // bundle.mjs fails if the bundle is larger, and beforeAll ran it.
    const { stdout } = await run(process.execPath, [join(folder, 'bundle.mjs')]);
    const sizes = [...stdout.matchAll(/(\w+): ([\d.]+) KB gzipped/g)].map(([, name, size]) => [
      name,
      Number(size),
    ]);
    const { element, react, worker } = Object.fromEntries(sizes);
    expect(element).toBeLessThanOrEqual(32);
    expect(react).toBeLessThanOrEqual(32.5);
    expect(worker).toBeLessThan(element);
  });
});
