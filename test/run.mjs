// Runs every suite, one after another, and prints one line at the end. start/setup.mjs has done the set-up.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFfmpeg } from '@topicast/producer';
import { findChromium } from '@topicast/test/chromium';
import { kafkaUnavailable } from '@topicast/test/kafka';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const reports = mkdtempSync(path.join(tmpdir(), 'topicast-reports-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const only = process.argv.slice(2);

process.env.FFMPEG_PATH = (await findFfmpeg(process.env.FFMPEG_PATH)).path;
process.env.CHROME_PATH = await findChromium();
const media = process.env.TOPICAST_TEST_MEDIA;
console.log(`ffmpeg     ${process.env.FFMPEG_PATH}`);
console.log(`browser    ${process.env.CHROME_PATH}`);
console.log(
  `footage    ${media && existsSync(media) ? media : 'generated (TOPICAST_TEST_MEDIA is not set)'}`,
);
console.log(
  // Downloaded now, because two of the tests that come would do it at the same time.
  `kafka      ${process.env.KAFKA_BROKERS ?? kafkaUnavailable() ?? 'started from Maven artifacts'}`,
);

await check('format and lint', 'node_modules/.bin/biome', ['check', '.']);
await check('types of the tests', 'node_modules/.bin/tsc', ['-p', 'tsconfig.tests.json']);
await check('types of the web app', 'node_modules/.bin/tsc', ['-p', 'web', '--incremental', 'false']);
await check('types of the web tests', 'node_modules/.bin/tsc', ['-p', 'web/tsconfig.tests.json']);
for (const project of ['unit', 'integration', 'clocked', 'e2e', 'chaos']) {
  if (only.length === 0 || only.includes(project)) await suite(project);
}
rmSync(reports, { recursive: true, force: true });
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);

async function check(title, command, args) {
  console.log(`\n== ${title}`);
  const code = await run(path.join(root, command), args);
  totals[code === 0 ? 'passed' : 'failed']++;
}

async function suite(project) {
  console.log(`\n== ${project}`);
  const report = path.join(reports, `${project}.json`);
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  const code = await run(path.join(root, 'node_modules/.bin/vitest'), args);
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  if (!result || result.numTotalTests === 0) {
    totals.failed++;
    return;
  }
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests;
  totals.skipped += result.numPendingTests + result.numTodoTests;
  for (const { assertionResults } of result.testResults) {
    for (const { status, fullName } of assertionResults)
      if (status === 'skipped' || status === 'pending') console.log(`SKIPPED ${fullName}`);
  }
  // A suite that broke outside its tests, or an unhandled rejection.
  if (code !== 0 && result.numFailedTests === 0) totals.failed++;
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
