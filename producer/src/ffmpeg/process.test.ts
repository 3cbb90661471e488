import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@topicast/test/poll';
import { isRunning } from '@topicast/test/processes';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';
import { startGuard } from './guard.js';
import { startFfmpeg } from './process.js';

/** An "ffmpeg" that is a wrapper around a program which ignores SIGTERM, and their process ids. */
async function startWrapped(folder: string) {
  const [script, pidFile] = [path.join(folder, 'ffmpeg'), path.join(folder, 'pid')];
  const stubborn = `trap "" TERM; echo $$ > "$1.new"; mv "$1.new" "$1"; while :; do sleep 0.1; done`;
  await writeFile(script, `#!/bin/sh\nsh -c '${stubborn}' inner "$1" &\nwait\n`);
  await chmod(script, 0o755);
  const guard = startGuard();
  const child = startFfmpeg({
    ...{ path: script, args: [pidFile], guard, outputs: 1 },
    onOutput: () => undefined,
  });
  const inner = await until('it runs', () => readFile(pidFile, 'utf8').then(Number, () => undefined));
  return { child, inner, guard };
}

describe.skipIf(process.platform === 'win32')('an ffmpeg behind a wrapper', () => {
  it('is killed with all that was started, though it ignores SIGTERM', async () => {
    using folder = temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    child.end();
    expect(await child.exited).toMatchObject({ clean: false, isOwnVerdict: false });
    await until('the inner one is gone', () => !isRunning(inner));
    await guard.close();
  });

  it('does not outlive its wrapper', async () => {
    using folder = temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    process.kill(child.pid!, 'SIGKILL');
    await child.exited;
    await until('the inner one is gone', () => !isRunning(inner));
    await guard.close();
  });

  it('does not outlive the producer', async () => {
    using folder = temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    // What the kernel does to the guard's pipe when the producer is killed.
    await guard.close();
    await until('the inner one is gone', () => !isRunning(inner));
    await child.exited;
  });
});

it.skipIf(process.platform === 'win32')(
  'has ended at once where the system refuses another process',
  async () => {
    const guard = startGuard();
    const child = startFfmpeg({
      // More than Linux takes as one argument.
      ...{ path: process.execPath, args: ['x'.repeat(1 << 20)], fed: 1, guard },
      onOutput: () => undefined,
    });
    child.feeds[0]!.end('nobody reads it');
    child.end();
    expect(await child.exited).toMatchObject({ clean: false, how: expect.stringContaining('E2BIG') });
    await guard.close();
  },
);
