import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, isRunning, temporaryFolder } from '../testing/support.js';
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
    ...{ path: script, args: [pidFile], fed: false, guard, outputs: 1 },
    onOutput: () => undefined,
  });
  const inner = await eventually(() => readFile(pidFile, 'utf8').then(Number, () => undefined), 'it runs');
  return { child, inner, guard };
}

describe.skipIf(process.platform === 'win32')('an ffmpeg behind a wrapper', () => {
  it('is killed with all that was started, though it ignores SIGTERM', async () => {
    await using folder = await temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    child.end();
    expect(await child.exited).toMatchObject({ clean: false, isOwnVerdict: false });
    await eventually(() => !isRunning(inner), 'the inner one is gone');
    await guard.close();
  });

  it('does not outlive its wrapper', async () => {
    await using folder = await temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    process.kill(child.pid!, 'SIGKILL');
    await child.exited;
    await eventually(() => !isRunning(inner), 'the inner one is gone');
    await guard.close();
  });

  it('does not outlive the producer', async () => {
    await using folder = await temporaryFolder();
    const { child, inner, guard } = await startWrapped(folder.path);
    // What the kernel does to the guard's pipe when the producer is killed.
    await guard.close();
    await eventually(() => !isRunning(inner), 'the inner one is gone');
    await child.exited;
  });
});
