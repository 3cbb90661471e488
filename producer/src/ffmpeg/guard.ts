import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ensures that no ffmpeg outlives this process, even one that hangs in its input and would never notice a closed
 * output. One small shell per producer holds the list of children, and kills the remaining ones when its own standard
 * input ends. The kernel closes that input however this process ends, including by kill -9.
 */
export interface ProcessGuard {
  watch(child: ChildProcess): void;
  close(): Promise<void>;
}

const SCRIPT = `
trap '' HUP INT TERM
pids=
while read -r verb pid; do
  if [ "$verb" = add ]; then
    pids="$pids $pid"
  else
    kept=
    for p in $pids; do [ "$p" = "$pid" ] || kept="$kept $p"; done
    pids=$kept
  fi
done
[ -z "$pids" ] || kill -KILL $pids
`;

export function startGuard(): ProcessGuard {
  if (process.platform === 'win32') return { watch: () => undefined, close: async () => undefined };
  // It has its own process group: a signal for this process and all its children must not kill the guard first.
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const ended = new Promise<void>((resolve) => {
    shell.once('close', () => resolve());
    shell.once('error', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  const tell = (line: string): void => {
    if (shell.stdin.writable) shell.stdin.write(`${line}\n`);
  };
  return {
    watch(child) {
      if (child.pid === undefined) return;
      tell(`add ${child.pid}`);
      child.once('exit', () => tell(`gone ${child.pid}`));
    },
    async close() {
      shell.stdin.end();
      await ended;
    },
  };
}
