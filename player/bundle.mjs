// Builds the package: bundles that contain contracts, media and custom-media-element, and declarations that stand
// alone.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** The React component is the element and a wrapper. */
const MAX_GZIPPED_KB = { element: 33.5, react: 34.5, worker: 25, captions: 10, sound: 5 };
const ENTRIES = ['index', 'element', 'define', 'react'];
/** For a plain `<script type="module">`: one file to copy, which shares nothing with the others. */
const STANDALONE = 'topicast-player';
/** What a player loads from beside its own file, when it is needed: captions and timed ID3; sound beside the picture. */
const APART = { captions: 'text-tracks', sound: 'page-sound' };
/** What the programs of the worker and the worklet are called in the file that starts them. */
const WORKER_SOURCE = 'TOPICAST_WORKER_SOURCE';
const WORKLET_SOURCE = 'TOPICAST_WORKLET_SOURCE';
const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

/** Whatever imports one of them imports its one file. */
const filesApart = {
  name: 'files-apart',
  resolveId: (id, importer) => {
    const [name] = Object.entries(APART).find(([, source]) => id.endsWith(`/${source}.js`)) ?? [];
    return importer && name ? { id: `./topicast-${name}.js`, external: true } : null;
  },
};

/** custom-media-element also makes an audio element, which nobody here uses. */
const videoOnly = {
  name: 'video-only',
  transform: (code, id) =>
    id.includes('custom-media-element')
      ? code.replace(
          'tag.endsWith("audio") ? getAudioTemplateHTML : getVideoTemplateHTML',
          'getVideoTemplateHTML',
        )
      : null,
};

const worker = await bundle({ worker: 'src/worker/main.ts' }, 'iife');
const worklet = await bundle({ worklet: 'src/worklet/main.ts' }, 'iife');
const [captions, sound] = await Promise.all(
  Object.entries(APART).map(([name, source]) =>
    bundle({ [`topicast-${name}`]: `src/dom/${source}.ts` }, 'esm'),
  ),
);
const entries = await bundle(Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])), 'esm');
const standalone = await bundle({ [STANDALONE]: 'src/define.ts' }, 'esm', true);
const files = [...worker, ...worklet, ...captions, ...sound, ...entries, ...standalone];

/** Bundles sources, not what an earlier build left. `single`: into one file. Returns files with name and code. */
async function bundle(input, format, single = format === 'iife') {
  const bundled = await rolldown({
    cwd: root,
    input,
    external: ['react'],
    plugins: [filesApart, videoOnly],
    treeshake: { manualPureFunctions: ['CustomMediaMixin'] },
    resolve: { conditionNames: ['topicast-source', 'import', 'module', 'default'] },
    // React's `use client` stays where it is; the package's test sees to that.
    onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
  });
  const { output } = await bundled.generate({
    format,
    codeSplitting: !single,
    minify: true,
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[hash].js',
  });
  return output.map(({ fileName, code }) => ({ name: fileName, code: withPrograms(code) }));
}

/** Puts programs at the end of the file that starts them: there they are most like what gzip still sees. */
function withPrograms(code) {
  const programs = [
    [WORKER_SOURCE, () => worker[0].code],
    [WORKLET_SOURCE, () => worklet[0].code],
  ].filter(([name]) => code.includes(name));
  const lines = programs.map(([name, program]) => `var ${name}=${JSON.stringify(program())};\n`);
  return lines.length > 0 ? `${code.trimEnd()}\n${lines.join('')}` : code;
}

await mkdir(dist, { recursive: true });
for (const { name, code } of files) await writeFile(join(dist, name), code);
const outputs = files.map(({ name }) => name);
const stale = (await readPreviousOutputs()).filter((name) => !outputs.includes(name));
for (const name of stale) await rm(join(dist, name), { force: true });
await writeFile(join(dist, 'outputs.json'), JSON.stringify(outputs));
await copyDeclarations();

const NOTES = {
  worker: ' (inside the others)',
  captions: ' (loaded if there are any)',
  sound: ' (loaded if somebody listens)',
};
const sizes = {
  element: gzipped(standalone),
  react: gzipped(entries.filter(({ name }) => name === 'react.js' || name.startsWith('shared-'))),
  worker: gzipped(worker),
  captions: gzipped(captions),
  sound: gzipped(sound),
};
for (const [name, bytes] of Object.entries(sizes)) {
  console.log(`player, ${name}: ${(bytes / 1024).toFixed(1)} KB gzipped${NOTES[name] ?? ''}`);
}
for (const [name, most] of Object.entries(MAX_GZIPPED_KB)) {
  if (sizes[name] <= most * 1024) continue;
  console.error(`player, ${name}: more than ${most} KB gzipped`);
  process.exitCode = 1;
}

function gzipped(files) {
  return gzipSync(files.map(({ code }) => code).join(''), { level: 9 }).byteLength;
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
