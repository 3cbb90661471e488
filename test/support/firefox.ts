import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from './temporary.js';

/** Allow sound without a click, and open no page but the requested one. */
const PREFERENCES = {
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
};

/** FIREFOX_PATH, or else a Firefox on PATH; undefined if there is none. */
export function findFirefox(): string | undefined {
  if (process.env.FIREFOX_PATH) return process.env.FIREFOX_PATH;
  for (const name of ['firefox-esr', 'firefox']) {
    try {
      return execFileSync('/bin/sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

/**
 * A headless Firefox on one page, with its own empty profile; `close` removes it. Nothing drives it.
 * @param environment beside that of this process
 */
export async function openFirefox(
  executable: string,
  url: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ close(): Promise<void> }> {
  const profile = temporaryFolder();
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${value});\n`);
  await writeFile(path.join(profile.path, 'user.js'), lines.join(''));
  const child = spawn(executable, ['--headless', '--no-remote', '--profile', profile.path, url], {
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  });
  return {
    async close() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      profile[Symbol.dispose]();
    },
  };
}
