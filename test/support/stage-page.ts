import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type PageServer, servePages } from './page-server.js';
import { filesWithoutBlobs } from './player-page.js';

/** The stage of the watch page alone. @param src of the stream */
export async function serveStage(src: string): Promise<PageServer> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
import '../../app/styles/tokens.css';
import '../../app/styles/base.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { Stage } from './stage';
createRoot(document.querySelector('main')).render(createElement(Stage, { src: ${JSON.stringify(src)}, title: 'Film' }));`,
      resolveDir: fileURLToPath(new URL('../../web/components/player', import.meta.url)),
      loader: 'tsx',
    },
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const file = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))!.text;
  const programs = Object.entries(filesWithoutBlobs());
  return servePages({
    ...Object.fromEntries(programs.map(([path, code]) => [`/player-programs${path}`, code])),
    '/': `<!doctype html><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/stage.css">
<main style="aspect-ratio: 16 / 9; overflow: hidden"></main><script type="module" src="/stage.js"></script>`,
    '/stage.js': file('.js'),
    '/stage.css': file('.css'),
  });
}
