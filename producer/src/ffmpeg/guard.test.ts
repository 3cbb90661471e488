import { spawn } from 'node:child_process';
import { until } from '@topicast/test/poll';
import { isRunning } from '@topicast/test/processes';
import { describe, expect, it } from 'vitest';
import { startGuard } from './guard.js';

describe('the guard', () => {
  it('kills the processes that its owner leaves behind, and no others', async () => {
    const guard = startGuard();
    const [kept, gone, foreign] = [0, 1, 2].map(() =>
      spawn('sleep', ['60'], { stdio: 'ignore', detached: true }),
    ) as [ReturnType<typeof spawn>, ReturnType<typeof spawn>, ReturnType<typeof spawn>];
    guard.watch(kept);
    guard.watch(gone);
    gone.kill();
    await until('one has ended by itself', () => !isRunning(gone.pid!));
    // What the kernel does to the pipe when the owner is killed.
    await guard.close();
    await until('the other one is killed', () => !isRunning(kept.pid!));
    expect(isRunning(foreign.pid!)).toBe(true);
    foreign.kill();
  });
});
