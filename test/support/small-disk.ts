import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A separate file system in memory, removed at the end of the `using` block. Needs root. */
export function smallDisk(megabytes: number): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'topicast-disk-'));
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    path: folder,
    [Symbol.dispose]: () => {
      run('umount', '--lazy', folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why there can be no small file system here; undefined if there can be one. */
export function smallDiskUnavailable(): string | undefined {
  try {
    smallDisk(1)[Symbol.dispose]();
    return undefined;
  } catch {
    return 'a file system in memory cannot be mounted here (that needs root)';
  }
}
