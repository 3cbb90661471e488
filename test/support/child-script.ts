import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Packages that are used from node_modules: native ones, and those that look for files beside their own. */
const EXTERNAL = [
  ...['lmdb', 'kafkajs', '@node-rs/crc32', 'snappy', 'lz4-napi'],
  ...['pino', 'zod', 'ws', 'prom-client', 'jose', 'fastify', '@fastify/*', 'fastify-type-provider-zod'],
];

/**
 * Start a TypeScript file as a separate process, for tests that kill it. It is bundled from source, as vitest does with
 * the tests, into node_modules, so that it finds the packages that it needs.
 */
export async function startChildScript(
  entry: string,
  args: readonly string[],
  options: SpawnOptions & { readonly shellLimits?: string; readonly nodeOptions?: readonly string[] } = {},
): Promise<ChildProcess> {
  const outfile = await bundleScript(entry);
  const { shellLimits, nodeOptions = [], ...spawnOptions } = options;
  if (!shellLimits) return spawn(process.execPath, [...nodeOptions, outfile, ...args], spawnOptions);
  return spawn(
    'sh',
    ['-c', `${shellLimits}; exec "$0" "$@"`, process.execPath, outfile, ...args],
    spawnOptions,
  );
}

const bundles = new Map<string, Promise<string>>();

/**
 * Turn a TypeScript file into a script that node can run, two levels below the repository like the file itself. This is
 * done once: a process that is just starting must not find half a file.
 * @returns its path
 */
export function bundleScript(entry: string): Promise<string> {
  const known = bundles.get(entry) ?? bundle(entry);
  bundles.set(entry, known);
  return known;
}

async function bundle(entry: string): Promise<string> {
  const outfile = join(
    import.meta.dirname,
    '../../node_modules/.topicast-test',
    `${basename(entry, '.ts')}-${process.pid}-${bundles.size}.mjs`,
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['topicast-source'],
    external: EXTERNAL,
    logLevel: 'warning',
  });
  return outfile;
}
