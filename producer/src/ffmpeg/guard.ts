import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Sees to it that no ffmpeg outlives this process, even one that hangs in its input where it would never notice a
 * closed output. One small shell a producer holds the list of children, and kills the process groups that they lead when
 * its own standard input ends: the kernel closes that whichever way this process goes, kill -9 included.
 */
export interface ProcessGuard {
  /** The child leads a process group: it was spawned detached. */
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
for p in $pids; do kill -KILL "-$p" 2>/dev/null; done
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
      // Not "exit": what a wrapper started may outlive it.
      child.once('close', () => tell(`gone ${child.pid}`));
    },
    async close() {
      shell.stdin.end();
      await ended;
    },
  };
}
