import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { type ProcessGuard, startGuard } from './guard.js';
import { startFfmpeg } from './process.js';

/** A program of several outputs that does as the shell script says. */
function start(script: string, guard: ProcessGuard) {
  const received = ['', ''];
  const child = startFfmpeg({
    ...{ path: 'sh', args: ['-c', script], outputs: 2, guard },
    onOutput(bytes, output) {
      received[output] += Buffer.from(bytes).toString();
    },
  });
  return { child, received };
}

describe('startFfmpeg', () => {
  it('reads each output to its end', async () => {
    const guard = startGuard();
    const { child, received } = start('echo best; echo small >&4; echo words >&2', guard);
    const { how, clean, lines } = await child.exited;
    expect([received, how, clean, lines]).toEqual([['best\n', 'small\n'], 'exit code 0', true, ['words']]);
    await guard.close();
  });

  it('holds the program back by its first output alone', async () => {
    const guard = startGuard();
    // More than a pipe holds, in each output.
    const script = 'head -c 300000 /dev/zero >&4; echo done >&4; head -c 300000 /dev/zero; echo done';
    const { child, received } = start(script, guard);
    child.pause();
    await until('the other output is read', async () => received[1]!.endsWith('done\n'));
    expect(received[0]).toBe('');
    child.resume();
    expect(await child.exited).toMatchObject({ clean: true });
    expect(received.map((text) => text.length)).toEqual([300_005, 300_005]);
    await guard.close();
  });

  it('ends all when one output has ended alone', async () => {
    const guard = startGuard();
    const { child, received } = start('echo small >&4; exec 4>&-; exec sleep 600', guard);
    expect(await child.exited).toMatchObject({ how: 'SIGTERM', clean: false });
    expect(received).toEqual(['', 'small\n']);
    await guard.close();
  });
});
