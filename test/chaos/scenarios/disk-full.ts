import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillDisk } from '@topicast/test/ballast';
import { smallDiskUnavailable } from '@topicast/test/small-disk';
import type { EmbeddedScenario } from '../scenario.js';

const FULL_MS = 8000;

export const diskFull: EmbeddedScenario = {
  name: 'disk-full',
  what: 'the disk of the embedded log is full for 8 s',
  ...{ on: 'embedded', redundancy: 'none', player: true },
  unavailable: smallDiskUnavailable,
  async hurt(stage, fault) {
    const ballast = join(stage.disk, 'ballast');
    fillDisk(ballast);
    fault.begins();
    await sleep(FULL_MS);
    rmSync(ballast);
    fault.ends();
  },
};
