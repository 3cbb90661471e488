import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/**
 * Start a TypeScript file as a process of its own, for tests that kill it. It is bundled from source, as vitest does
 * with the tests, into node_modules so that the packages it needs are found.
 */
export async function startChildScript(
  entry: string,
  args: readonly string[],
  options: SpawnOptions & { readonly shellLimits?: string } = {},
): Promise<ChildProcess> {
  const outfile = join(
    import.meta.dirname,
    '../../node_modules/.cache/topicast-test',
    `${basename(entry, '.ts')}-${process.pid}.mjs`,
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['topicast-source'],
    external: ['lmdb', 'kafkajs', 'pino', 'zod'],
    logLevel: 'warning',
  });
  const { shellLimits, ...spawnOptions } = options;
  if (!shellLimits) return spawn(process.execPath, [outfile, ...args], spawnOptions);
  return spawn(
    'sh',
    ['-c', `${shellLimits}; exec "$0" "$@"`, process.execPath, outfile, ...args],
    spawnOptions,
  );
}
