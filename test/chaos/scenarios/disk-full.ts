import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallDiskUnavailable } from '../embedded-stage.js';
import type { EmbeddedScenario } from '../scenario.js';

const FULL_MS = 8000;

export const diskFull: EmbeddedScenario = {
  name: 'disk-full',
  what: 'no room on the disk of the embedded log for 8 s',
  ...{ on: 'embedded', redundancy: 'none', player: true },
  unavailable: smallDiskUnavailable,
  async hurt(stage, fault) {
    const ballast = join(stage.disk, 'ballast');
    fill(ballast);
    fault.begins();
    await sleep(FULL_MS);
    rmSync(ballast);
    fault.ends();
  },
};

/** Write until nothing more fits, not even a little. */
function fill(path: string): void {
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
