// Builds the package: bundles that contain contracts, media and custom-media-element, and declarations that stand
// alone.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** The React component is the element and a wrapper. */
const MAX_GZIPPED_KB = { element: 32, react: 32.5, worker: 20.4 };
const ENTRIES = ['index', 'element', 'define', 'react'];
/** For a plain `<script type="module">`: one file to copy, which shares nothing with the others. */
const STANDALONE = 'topicast-player';
/** What a player loads from beside its own file when it is needed. */
const APART = {
  captions: { source: 'text-tracks', maxKb: 10, when: 'if there are captions or timed ID3' },
  sound: { source: 'page-sound', maxKb: 5, when: 'if somebody listens' },
  overlay: { source: 'overlay', maxKb: 6, when: 'for statistics and diagnostics' },
  picture: { source: 'page-picture', maxKb: 6.5, when: 'if the worker decodes the pictures' },
  mse: { source: 'page-mse', maxKb: 6.5, when: 'if a media source plays the pictures' },
  step: { source: 'group-step', maxKb: 2, when: 'in groups' },
  adaptive: { source: 'adaptive-program', maxKb: 4.5, when: 'if there are several renditions' },
  ways: { source: 'ways-program', maxKb: 3, when: 'for two connections at once' },
};
/** Programs for the worker and the worklet, by the name that stands for their text in the file that starts them. */
const PROGRAMS = {
  TOPICAST_WORKER_SOURCE: { name: 'worker', input: 'src/worker/main.ts', format: 'iife' },
  TOPICAST_WORKLET_SOURCE: { name: 'worklet', input: 'src/worklet/main.ts', format: 'iife' },
  TOPICAST_PICTURE_SOURCE: { name: 'picture', input: 'src/picture/main.ts', format: 'esm' },
  TOPICAST_MSE_SOURCE: { name: 'mse', input: 'src/mse/main.ts', format: 'esm' },
  TOPICAST_ADAPTIVE_SOURCE: { name: 'adaptive', input: 'src/worker/adaptation.ts', format: 'esm' },
  TOPICAST_WAYS_SOURCE: { name: 'ways', input: 'src/worker/ways.ts', format: 'esm' },
};
const VERSION = 'TOPICAST_VERSION';
const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** Whatever imports one of them imports its one file. */
const filesApart = {
  name: 'files-apart',
  resolveId: (id, importer) => {
    const [name] = Object.entries(APART).find(([, { source }]) => id.endsWith(`/${source}.js`)) ?? [];
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

/** What stands for a text in the bundles, and the text. */
const texts = new Map([[VERSION, version]]);
const programs = [];
for (const [text, { name, input, format }] of Object.entries(PROGRAMS)) {
  const [program] = await bundle({ [name]: input }, format, true);
  texts.set(text, program.code);
  programs.push(program);
}
const apart = await Promise.all(
  Object.entries(APART).map(([name, { source }]) =>
    bundle({ [`topicast-${name}`]: `src/dom/${source}.ts` }, 'esm'),
  ),
);
const entries = await bundle(Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])), 'esm');
const standalone = await bundle({ [STANDALONE]: 'src/define.ts' }, 'esm', true);
// Programs are also files, for pages whose policy allows no blobs.
const files = [...programs, ...apart.flat(), ...entries, ...standalone];

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
  return output.map(({ fileName, code }) => ({ name: fileName, code: withTexts(code) }));
}

/** Puts texts at the end of the file that uses them: there they are most like what gzip still sees. */
function withTexts(code) {
  const lines = [...texts]
    .filter(([name]) => code.includes(name))
    .map(([name, text]) => `var ${name}=${JSON.stringify(text)};\n`);
  return lines.length > 0 ? `${code.trimEnd()}\n${lines.join('')}` : code;
}

await mkdir(dist, { recursive: true });
for (const { name, code } of files) await writeFile(join(dist, name), code);
const outputs = files.map(({ name }) => name);
const stale = (await readPreviousOutputs()).filter((name) => !outputs.includes(name));
for (const name of stale) await rm(join(dist, name), { force: true });
await writeFile(join(dist, 'outputs.json'), JSON.stringify(outputs));
await copyDeclarations();

report('element', standalone, MAX_GZIPPED_KB.element);
report(
  'react',
  // In one order, whatever the names: gzip looks back 32 KB only.
  entries
    .filter(({ name }) => name === 'react.js' || name.startsWith('shared-'))
    .sort((a, b) => a.code.length - b.code.length),
  MAX_GZIPPED_KB.react,
);
report('worker', programs.slice(0, 1), MAX_GZIPPED_KB.worker, ' (inside the others)');
for (const [index, [name, { maxKb, when }]] of Object.entries(APART).entries()) {
  report(name, apart[index], maxKb, ` (loaded ${when})`);
}

function report(name, files, maxKb, note = '') {
  const bytes = gzipped(files);
  console.log(`player, ${name}: ${(bytes / 1024).toFixed(1)} KB gzipped${note}`);
  if (bytes <= maxKb * 1024) return;
  console.error(`player, ${name}: more than ${maxKb} KB gzipped`);
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
