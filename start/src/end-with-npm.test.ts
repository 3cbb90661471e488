import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';

const MODULE = path.join(import.meta.dirname, '../end-with-npm.mjs');
/** Prints its process id and how it ends; otherwise it keeps running. */
const SCRIPT = `
import { writeSync } from 'node:fs';
import { endWithNpm } from ${JSON.stringify(MODULE)};
process.on('SIGTERM', () => { writeSync(1, 'asked to end\\n'); process.exit(); });
process.on('SIGUSR2', () => { writeSync(1, 'ran on\\n'); process.exit(); });
setInterval(() => {}, 1000);
endWithNpm();
writeSync(1, process.pid + '\\n');
`;

/** Runs `npm start` in a project of two lines with the command; returns its output until it has ended. */
async function words(
  command: readonly string[],
  act: (child: ChildProcess, pid: number) => void | Promise<void>,
  environment: Record<string, string> = {},
): Promise<string[]> {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'script.mjs'), SCRIPT);
  writeFileSync(path.join(folder.path, 'package.json'), '{"scripts":{"start":"node script.mjs"}}');
  const child = spawn(command[0]!, command.slice(1), {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, npm_config_update_notifier: 'false', ...environment },
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!/^(asked|ran|\d)/.test(line)) continue;
    said.push(line);
    if (/^\d/.test(line)) await act(child, Number(line));
  }
  return said.slice(1);
}

describe.skipIf(process.platform === 'win32')('what npm started', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('ends when npm is ended by %s', async (signal) => {
    const said = await words(['npm', 'start'], (child) => void child.kill(signal));
    expect(said).toEqual(['asked to end']);
  });

  it('does not end with the shell or the supervisor that started npm', async () => {
    const said = await words(['sh', '-c', 'npm start & echo; wait'], async (child, pid) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      process.kill(pid, 'SIGUSR2');
    });
    expect(said).toEqual(['ran on']);
  });

  it('watches no process if npm is only in the environment', async () => {
    const said = await words(
      ['sh', '-c', 'node script.mjs & echo; wait'],
      async (child, pid) => {
        child.kill('SIGKILL');
        await once(child, 'exit');
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        process.kill(pid, 'SIGUSR2');
      },
      { npm_lifecycle_event: 'start' },
    );
    expect(said).toEqual(['ran on']);
  });
});
