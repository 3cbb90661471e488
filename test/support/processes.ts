import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
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
