import { table } from '../table.js';
import { POSTCARD, SILENCE, TELEVISION } from './chunk.js';
import { complain } from './compare.js';
import type { Mode } from './contender.js';
import { measure, measureIdle, median, type Run } from './measure.js';

interface ScenarioOptions {
  readonly modes: readonly Mode[];
  readonly viewers: number;
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * One viewer in ten does not read: what that costs, and whether the others notice. Both runs have the same number of
 * readers.
 */
export async function stalled({ modes, viewers, rounds, seconds }: ScenarioOptions) {
  const absent = Math.round(viewers / 10);
  const reading = viewers - absent;
  const rows = [];
  for (const mode of modes) {
    const without: Run[] = [];
    const beside: Run[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      process.stderr.write(
        `${mode}, round ${round}: ${reading} viewers, without and beside ${absent} stalled\n`,
      );
      without.push(await measure({ mode, viewers: reading, shape: TELEVISION, seconds }));
      beside.push(await measure({ mode, viewers, stalled: absent, shape: TELEVISION, seconds }));
    }
    for (const run of [...without, ...beside]) complain(run);
    const both = (field: (run: Run) => number) =>
      [median(without.map(field)), median(beside.map(field))] as const;
    const [heldWithout, heldBeside] = both((run) => run.heldBytes ?? Number.NaN);
    const [buffersWithout, buffersBeside] = both((run) => run.bufferBytes ?? Number.NaN);
    rows.push({
      mode,
      heldKBPerStalled: (heldBeside - heldWithout) / absent / 1000,
      framesKBPerStalled: (buffersBeside - buffersWithout) / absent / 1000,
      cpu: both((run) => run.cpu),
      lastViewer: both((run) => run.lastViewer.p50),
      lastViewerP95: both((run) => run.lastViewer.p95),
      wrongs: beside.reduce((sum, run) => sum + run.wrongs, 0),
    });
  }
  table(
    [
      'way',
      'own KB each',
      'and frames KB each',
      'CPU without',
      'beside',
      'ratio',
      'last viewer ms without',
      'beside',
      'wrong',
    ],
    rows.map(({ mode, heldKBPerStalled, framesKBPerStalled, cpu, lastViewer, wrongs }) => [
      mode,
      heldKBPerStalled.toFixed(1),
      framesKBPerStalled.toFixed(1),
      cpu[0].toFixed(3),
      cpu[1].toFixed(3),
      (cpu[1] / cpu[0]).toFixed(2),
      lastViewer[0].toFixed(1),
      lastViewer[1].toFixed(1),
      wrongs,
    ]),
  );
  return { rows };
}

/** What a viewer of a silent stream costs. */
export async function idle({ modes, viewers, rounds }: ScenarioOptions) {
  const rows = [];
  for (const mode of modes) {
    const runs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      runs.push((await measureIdle(mode, SILENCE, Math.ceil(viewers / 4), viewers)) / 1000);
    }
    rows.push({ mode, viewers, residentKBPerViewer: median(runs), runs });
  }
  table(
    ['way', 'viewers', 'RSS KB/viewer'],
    rows.map((row) => [row.mode, row.viewers, row.residentKBPerViewer.toFixed(1)]),
  );
  return { rows };
}

const RUSH_MS = 5_000;

/** All come within five seconds. */
export async function rush({ modes, viewers, seconds }: ScenarioOptions) {
  const rows: Run[] = [];
  for (const mode of modes) {
    const run = await measure({ mode, viewers, shape: POSTCARD, seconds, joinMs: RUSH_MS });
    complain(run);
    rows.push(run);
  }
  table(
    [
      'way',
      'viewers',
      'served',
      'join p50 ms',
      'p95',
      'max',
      'longest gap ms',
      'last viewer p50 ms',
      'CPU',
      'wrong',
    ],
    rows.map((run) => [
      run.mode,
      run.viewers,
      run.served,
      run.join.p50.toFixed(0),
      run.join.p95.toFixed(0),
      run.join.max.toFixed(0),
      run.longestGap.toFixed(0),
      run.lastViewer.p50.toFixed(0),
      run.cpu.toFixed(2),
      run.wrongs,
    ]),
  );
  return { rows };
}
