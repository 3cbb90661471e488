// Builds the package: bundles that contain contracts, media and custom-media-element, and declarations that stand
// alone.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_GZIPPED_BYTES = 30 * 1024;
const ENTRIES = ['index', 'element', 'define', 'react'];
/** For a plain `<script type="module">`: one file to copy, which shares nothing with the others. */
const STANDALONE = 'topicast-player';
const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  // Sources, not what an earlier build left.
  conditions: ['topicast-source'],
  legalComments: 'none',
  logLevel: 'warning',
};

const worker = await build({ ...common, format: 'iife', entryPoints: ['src/worker/main.ts'], write: false });
const workerSource = worker.outputFiles[0].text;

const forPages = {
  ...common,
  define: { TOPICAST_WORKER_SOURCE: JSON.stringify(workerSource) },
  external: ['react'],
  write: false,
};
const page = await build({
  ...forPages,
  entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
  outdir: 'dist',
  splitting: true,
  chunkNames: 'shared-[hash]',
});
const standalone = await build({
  ...forPages,
  entryPoints: ['src/define.ts'],
  outfile: `dist/${STANDALONE}.js`,
});
page.outputFiles.push(...standalone.outputFiles);

await mkdir(dist, { recursive: true });
await writeFile(join(dist, 'worker.js'), workerSource);
for (const file of page.outputFiles) await writeFile(file.path, file.contents);
const outputs = ['worker.js', ...page.outputFiles.map((file) => relative(dist, file.path))];
const stale = (await readPreviousOutputs()).filter((name) => !outputs.includes(name));
for (const name of stale) await rm(join(dist, name), { force: true });
await writeFile(join(dist, 'outputs.json'), JSON.stringify(outputs));
await copyDeclarations();

const shared = page.outputFiles.filter((file) => /shared-/.test(file.path));
const withShared = (name) =>
  gzipped([...shared, page.outputFiles.find((file) => file.path.endsWith(`${name}.js`))]);
const sizes = {
  element: gzipped(standalone.outputFiles),
  react: withShared('react'),
  worker: gzipped([worker.outputFiles[0]]),
};
for (const [name, bytes] of Object.entries(sizes)) {
  console.log(
    `player, ${name}: ${(bytes / 1024).toFixed(1)} KB gzipped${name === 'worker' ? ' (inside the others)' : ''}`,
  );
}
if (Math.max(...Object.values(sizes)) > MAX_GZIPPED_BYTES) {
  console.error(`player: more than ${MAX_GZIPPED_BYTES / 1024} KB gzipped`);
  process.exitCode = 1;
}

function gzipped(files) {
  return gzipSync(Buffer.concat(files.map((file) => Buffer.from(file.contents))), { level: 9 }).byteLength;
}

/** Names of shared files contain a hash, so remove those of the last build. */
async function readPreviousOutputs() {
  try {
    return JSON.parse(await readFile(join(dist, 'outputs.json'), 'utf8'));
  } catch {
    return [];
  }
}

/** Take from tsc's output what the entries reach; it may not refer to anything outside the package. */
async function copyDeclarations() {
  const from = join(dist, 'tsc');
  const to = join(dist, 'types');
  await rm(to, { recursive: true, force: true });
  const seen = new Set(ENTRIES.map((name) => join(from, `${name}.d.ts`)));
  for (const file of seen) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`${relative(root, file)} is missing: run tsc -b first`);
    });
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      if (specifier.startsWith('.')) seen.add(resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts')));
      else if (specifier !== 'react') throw new Error(`${relative(root, file)} refers to ${specifier}`);
    }
    const target = join(to, relative(from, file));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }
}
