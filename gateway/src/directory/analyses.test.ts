import { ANALYSIS_SILENCE_MS } from '@topicast/contracts/analysis';
import { streamId } from '@topicast/contracts/stream-id';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { Analyses } from './analyses.js';

it('what a processor said that has died counts no more', async () => {
  const table = new MemoryTable();
  let now = milliseconds(0);
  const analyses = new Analyses(table, () => now);
  const say = () =>
    table.put('analysis/demo', JSON.stringify({ at: new Date().toISOString(), session: 1, findings: [] }));
  const said = () => analyses.of(streamId('demo'), 1);
  await say();
  now = milliseconds(ANALYSIS_SILENCE_MS - 1);
  expect(said()).toEqual({ findings: [] });
  await say();
  now = milliseconds(2 * ANALYSIS_SILENCE_MS - 2);
  expect(said()).toBeDefined();
  now = milliseconds(2 * ANALYSIS_SILENCE_MS);
  expect(said()).toBeUndefined();
  analyses.close();
});
