import { execFileSync } from 'node:child_process';
import { type TemporaryFolder, temporaryFolder } from './temporary.js';

/** A file system of its own in memory, gone at the end of the `using` block. Needs root. */
export function smallDisk(megabytes: number): TemporaryFolder {
  const folder = temporaryFolder();
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder.path);
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
  return {
    path: folder.path,
    [Symbol.dispose]: () => {
      run('umount', '--lazy', folder.path);
      folder[Symbol.dispose]();
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
