#!/usr/bin/env node
// Replays recorded arrivals through the player's latency control, in about a second:
// `npm run replay --workspace @topicast/player [-- TRACE.json ...]`.
// `npm run bench:network -- --arrivals FOLDER` records traces.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('.', import.meta.url));
const fixtures = join(root, '../test/fixtures/arrivals');
const named = process.argv.slice(2);
const files = named.length > 0 ? named : readdirSync(fixtures).map((name) => join(fixtures, name));

const bundled = await rolldown({
  cwd: root,
  input: 'src/testing/replay.ts',
  resolve: { conditionNames: ['topicast-source', 'import', 'default'] },
});
const { output } = await bundled.generate({ format: 'esm' });
const { replay, readTrace, SETTINGS } = await import(
  `data:text/javascript,${encodeURIComponent(output[0].code)}`
);

const rows = files.flatMap((file) => {
  const arrivals = readTrace(JSON.parse(readFileSync(file, 'utf8')));
  return Object.entries(SETTINGS).map(([setting, { target, browser }]) => {
    const { meanMs, p95Ms, freezes, frozenMs, stalls, seeks } = replay(arrivals, target, browser);
    const minutes = (arrivals.at(-1).at - arrivals[0].at) / 60_000;
    return {
      trace: basename(file, '.json'),
      setting,
      'mean ms': Math.round(meanMs),
      'p95 ms': Math.round(p95Ms),
      'freezes a minute': Number((freezes / minutes).toFixed(1)),
      'frozen ms': Math.round(frozenMs),
      stalls,
      seeks,
    };
  });
});
console.table(rows);
