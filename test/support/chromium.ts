import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { temporaryFolder } from './temporary.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** CHROME_PATH, or else a Chromium or Chrome on PATH, or else the one inside @sparticuz/chromium. */
export async function findChromium(): Promise<string> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) {
    if (!existsSync(CHROME_PATH)) throw new Error(`CHROME_PATH: there is no file ${CHROME_PATH}`);
    return CHROME_PATH;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    try {
      return execFileSync('/bin/sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  const packaged = (await import('@sparticuz/chromium')).default;
  return packaged.executablePath();
}

/** A headless browser with its own empty profile; `close` removes it. */
export async function launchChromium(
  options: {
    args?: readonly string[];
    viewport?: { width: number; height: number };
    colorScheme?: 'dark' | 'light';
    /** The words that run a program elsewhere, such as at the viewer's end of a bad network. */
    within?: (words: readonly string[]) => readonly string[];
  } = {},
): Promise<BrowserContext> {
  const profile = temporaryFolder();
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: options.within
      ? wrapper(profile.path, options.within([await findChromium()]))
      : await findChromium(),
    headless: true,
    args: [...ARGUMENTS, ...(options.args ?? [])],
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'dark',
  });
  context.once('close', () => profile[Symbol.dispose]());
  return context;
}

/** An executable that runs these words with its own arguments. */
function wrapper(folder: string, words: readonly string[]): string {
  const file = path.join(folder, 'chromium.sh');
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return file;
}
