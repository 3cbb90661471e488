// Runs many more cases of the properties that read TOPICAST_FUZZ_RUNS: 100,000 each, or as many as the argument says.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFfmpeg } from '@topicast/producer';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const runs = Number(process.argv[2] ?? 100_000);
if (!Number.isInteger(runs) || runs < 1) {
  console.error('usage: npm run fuzz -- [number of cases]');
  process.exit(1);
}
const env = {
  ...process.env,
  TOPICAST_FUZZ_RUNS: String(runs),
  FFMPEG_PATH: (await findFfmpeg(process.env.FFMPEG_PATH)).path,
};
const suites = ['contracts', 'media', 'log', 'sources', 'rtmp', 'ingest', 'producer', 'gateway'].map(
  (name) => `${name}/src/`,
);
const args = ['run', '--project', 'unit', '--testTimeout=7200000', ...suites];
const child = spawn(path.join(root, 'node_modules/.bin/vitest'), args, { cwd: root, stdio: 'inherit', env });
child.on('close', (code) => process.exit(code ?? 1));
