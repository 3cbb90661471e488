import { closeSync, openSync, writeSync } from 'node:fs';

/** Write until the disk is completely full. */
export function fillDisk(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let bytes = 1 << 20; bytes >= 512; bytes /= 2) {
      const block = Buffer.alloc(bytes);
      while (writes(file, block));
    }
  } finally {
    closeSync(file);
  }
}

function writes(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
