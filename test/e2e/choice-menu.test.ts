import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { servePages } from '../support/page-server.js';

/** The menu alone, on a page that shows what was chosen. */
const PROGRAM = `
import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ChoiceMenu } from './choice-menu';
import { qualityChoices } from '../../lib/quality-choices';

const choices = qualityChoices([
  { rendition: 0, playable: true, width: 1280, height: 720 },
  { rendition: 1, playable: false, width: 854, height: 480 },
  { rendition: 2, playable: true, width: 640, height: 360 },
], 0);
function Page() {
  const [chosen, onChoose] = useState('auto');
  document.title = String(chosen);
  return createElement(ChoiceMenu, { label: 'Quality', choices, chosen, onChoose });
}
createRoot(document.querySelector('main')).render(createElement(Page));
`;

it('a menu of the player is used by keyboard, and says by its roles what it is', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: PROGRAM,
      resolveDir: fileURLToPath(new URL('../../web/components/player', import.meta.url)),
      loader: 'tsx',
    },
    outdir: '/',
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const program = outputFiles.find(({ path }) => path.endsWith('.js'))!.text;
  const pages = await servePages({
    '/': '<main></main><script src="/menu.js"></script>',
    '/menu.js': program,
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(pages.origin);
    const button = page.getByRole('button', { name: 'Quality: Auto (720p)' });
    await button.press('Enter');
    const items = page.getByRole('menu', { name: 'Quality' }).getByRole('menuitemradio');
    expect(await items.allTextContents()).toEqual(['Auto (720p)', '720p', '480pnot in this browser', '360p']);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('Auto (720p)');
    // What the browser cannot play is read out, and does nothing.
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    expect(await page.title()).toBe('auto');
    for (const key of ['End', 'ArrowDown', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
    expect(await page.title()).toBe('2');
    expect(await items.count()).toBe(0);
    expect(await focused()).toBe('360p');
    await page.keyboard.press('Space');
    expect(await page.getByRole('menuitemradio', { checked: true }).textContent()).toBe('360p');
    await page.keyboard.press('Escape');
    expect(await items.count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Quality: 360p' }).getAttribute('aria-expanded')).toBe(
      'false',
    );
  } finally {
    await browser.close();
    await pages.close();
  }
});
