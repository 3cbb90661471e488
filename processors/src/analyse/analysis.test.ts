import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openAnalyses } from '@topicast/contracts/analysis';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { headerOf } from '@topicast/test/headers';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ProcessorsMetrics } from '../metrics/metrics.js';
import { rowOf, STREAM, statusOf } from '../testing/world.js';
import { openAnalysis } from './analysis.js';

/** An ffmpeg that says at once that nothing can be heard, and notes that it was started. */
const PROGRAM = `#!/bin/sh
echo >>"$(dirname "$0")/starts"
echo lavfi.silence_start=0 >&3
exec cat >/dev/null
`;

it('does not look at the slate that viewers see while the encoder is away', async () => {
  using folder = temporaryFolder();
  const ffmpegPath = path.join(folder.path, 'ffmpeg');
  const starts = path.join(folder.path, 'starts');
  writeFileSync(ffmpegPath, PROGRAM, { mode: 0o755 });
  writeFileSync(starts, '');
  const started = () => readFileSync(starts, 'utf8').length;

  const status = new MemoryTable();
  const told = openAnalyses(status);
  const metrics = new ProcessorsMetrics();
  const processor = openAnalysis({ status, ffmpegPath, metrics, logger: pino({ level: 'silent' }) }, 5);
  const view = { id: STREAM, row: rowOf(), status: statusOf() };
  const work = processor.follow(view);
  const give = (session: number, sequence: number) =>
    work.take({
      offset: sequence,
      header: headerOf(sequence, { session, keyframe: true }),
      value: new Uint8Array(188),
      gap: sequence === 0 ? { reason: 'session', missing: 0 } : undefined,
    });

  await give(1, 0);
  await until('it is found', () => told.get(STREAM)?.findings[0]?.kind === 'silent');
  work.update?.({ ...view, status: statusOf({ session: 2, awaySince: new Date().toISOString() }) });
  for (let sequence = 0; sequence < 5; sequence += 1) await give(2, sequence);
  expect([started(), told.get(STREAM)?.session]).toEqual([1, 1]);
  work.update?.({ ...view, status: statusOf({ session: 3 }) });
  await give(3, 0);
  await until('it is found again', () => told.get(STREAM)?.session === 3);
  expect(started()).toBe(2);
  await work.close('over');
  expect(told.get(STREAM)).toBeUndefined();
  await processor.close?.();
});
