import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { eventually, isRunning } from '../testing/support.js';
import { startGuard } from './guard.js';

describe('the guard', () => {
  it('kills what is left when its owner goes, and only that', async () => {
    const guard = startGuard();
    const [kept, gone, foreign] = [0, 1, 2].map(() => spawn('sleep', ['60'], { stdio: 'ignore' })) as [
      ReturnType<typeof spawn>,
      ReturnType<typeof spawn>,
      ReturnType<typeof spawn>,
    ];
    guard.watch(kept);
    guard.watch(gone);
    gone.kill();
    await eventually(() => !isRunning(gone.pid!), 'one has ended by itself');
    // This is what the kernel does to the pipe when the owner is killed.
    await guard.close();
    await eventually(() => !isRunning(kept.pid!), 'the other one is killed');
    expect(isRunning(foreign.pid!)).toBe(true);
    foreign.kill();
  });
});
