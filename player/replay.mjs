#!/usr/bin/env node
// Replays recorded arrivals through the player's latency control, in about a second:
// `npm run replay --workspace @topicast/player [-- TRACE.json ...]`.
// `npm run bench:network -- --arrivals FOLDER` records traces. `-- --diagnostics FILE.json` replays what a player's
// `diagnostics()` gave, and compares it with what that player measured.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('.', import.meta.url));
const fixtures = join(root, '../test/fixtures/arrivals');

const bundled = await rolldown({
  cwd: root,
  input: 'src/testing/replay.ts',
  resolve: { conditionNames: ['topicast-source', 'import', 'default'] },
});
const { output } = await bundled.generate({ format: 'esm' });
const { replay, readRecording, readTrace, SETTINGS } = await import(
  `data:text/javascript,${encodeURIComponent(output[0].code)}`
);

const named = readArguments();
try {
  const rows = named.diagnostics?.flatMap(rowsOfDiagnostics) ?? named.traces.flatMap(rowsOfTrace);
  console.table(rows);
} catch (error) {
  console.error(`replay: ${error.message}`);
  process.exitCode = 1;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { diagnostics: { type: 'string', multiple: true } },
  });
  const traces =
    positionals.length > 0 ? positionals : readdirSync(fixtures).map((name) => join(fixtures, name));
  return { diagnostics: values.diagnostics, traces };
}

function rowsOfTrace(file) {
  const arrivals = readTrace(readJson(file));
  return Object.entries(SETTINGS).map(([setting, { target, browser }]) => ({
    trace: basename(file, '.json'),
    setting,
    ...rowOf(replay(arrivals, target, browser), arrivals),
  }));
}

function rowsOfDiagnostics(file) {
  const { arrivals, setting, recorded } = read(file, readRecording);
  const trace = basename(file, '.json');
  return [
    { trace, setting: 'as it was', ...rowOf(recorded, arrivals) },
    { trace, setting: 'replayed', ...rowOf(replay(arrivals, setting.target, setting.browser), arrivals) },
  ];
}

function rowOf({ meanMs, p95Ms, freezes, frozenMs, stalls, seeks }, arrivals) {
  const minutes = (arrivals.at(-1).at - arrivals[0].at) / 60_000;
  return {
    'mean ms': Math.round(meanMs),
    'p95 ms': Math.round(p95Ms),
    'freezes a minute': Number((freezes / minutes).toFixed(1)),
    'frozen ms': frozenMs && Math.round(frozenMs),
    stalls,
    seeks,
  };
}

function read(file, parse) {
  const value = readJson(file);
  try {
    return parse(value);
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

function readJson(file) {
  // npm runs this in the package's folder.
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}
