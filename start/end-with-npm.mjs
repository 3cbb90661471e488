// npm 11 does not pass on SIGTERM, and nothing passes on SIGKILL, so the programs that npm started would keep running
// without it. Plain JavaScript without dependencies, because it runs before there are any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;
const NPM = /(^|[\s/\\])(npm|npm-cli\.js|npx|pnpm|yarn)([\s.]|$)/;

/**
 * End this process with SIGTERM when the npm that runs this script is gone. If the parent, or the parent of the shell
 * in between, is not npm, nothing is watched: the end of a terminal, a supervisor or a container's first process is no
 * reason to end.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return;
  const parent = process.ppid;
  const shell = describe(parent);
  if (!shell) return;
  if (NPM.test(shell.command)) return watch(() => process.ppid === parent);
  const npm = describe(shell.parent);
  // The shell outlives npm, and then belongs to somebody else.
  if (npm && NPM.test(npm.command))
    watch(() => process.ppid === parent && describe(parent)?.parent === shell.parent);
}

function watch(isThere) {
  const timer = setInterval(() => {
    if (isThere()) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** A process's parent and its arguments; undefined if there is no such process. */
function describe(pid) {
  try {
    if (process.platform === 'linux') {
      // The name in brackets may contain anything, even brackets.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return {
        parent: Number(parent),
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
      };
    }
    const [parent, command] = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+(.*)/s);
    return { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}
