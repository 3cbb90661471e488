import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** All descendants of a process, from /proc. */
export function childrenOf(parent: number): Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), ppid, command }];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
  const below = (pid: number): Process[] =>
    all.filter(({ ppid }) => ppid === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(parent).map(({ pid, command }) => ({ pid, command }));
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** For one process: bytes in memory, and open files, including sockets. Zeros if it has ended. */
export function usageOf(pid: number): { residentBytes: number; openFiles: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    return { residentBytes: kilobytes * 1024, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return { residentBytes: 0, openFiles: 0 };
  }
}
