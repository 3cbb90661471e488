#!/usr/bin/env node
// One command on a fresh machine: dependencies, build, and then the requested program. Plain JavaScript without
// dependencies, because it runs before there are any. It skips every step that is up to date.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithNpm } from './end-with-npm.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Where each program is, and whether it needs the web pages. */
const PROGRAMS = {
  all: ['start/dist/all.js', true],
  producer: ['start/dist/producer.js', false],
  gateway: ['start/dist/gateway.js', false],
  web: ['start/dist/web.js', true],
  test: ['test/run.mjs', true],
  fuzz: ['test/fuzz.mjs', false],
  chaos: ['test/dist/chaos/main.js', false],
  'bench:latency': ['bench/dist/latency.js', false],
  'bench:network': ['bench/dist/network.js', false],
  'bench:fanout': ['bench/dist/fanout.js', false],
  'bench:compression': ['bench/dist/compression.js', false],
  'bench:keyframes': ['bench/dist/keyframes.js', false],
  'bench:ladder': ['bench/dist/ladder.js', false],
  'bench:log': ['bench/dist/log.js', false],
};
const SERVICE_SOURCES = [
  'contracts',
  'media',
  'log',
  'sources',
  'ingest',
  'producer',
  'gateway',
  'player',
  'broadcast',
  'start',
];
const TEST_SOURCES = ['test', 'bench'];
/** What builds leave among the sources. */
const NOT_SOURCES =
  /^(node_modules|dist|\.next|results|next-env\.d\.ts|topicast-[a-z]+\.js|player-programs|.*\.tsbuildinfo)$/;

process.env.NEXT_TELEMETRY_DISABLED = '1';
const [name, ...args] = process.argv.slice(2);
const program = PROGRAMS[name];
if (!program) fail(`usage: node start/setup.mjs ${Object.keys(PROGRAMS).join(' | ')}`);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  fail(`Topicast needs Node.js 20.17 or newer; this is ${process.version}.`);
}

endWithNpm();
const [entry, needsWeb] = program;
const LOCK = path.join(root, '.topicast-setup.lock');
const LONGEST_SETUP_MS = 15 * 60_000;
await step('dependencies', 'node_modules/.topicast-setup', fingerprint(['package-lock.json']), async () => {
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
});
const sources = [...SERVICE_SOURCES, 'tsconfig.base.json', 'package-lock.json'];
await step('services and player', 'node_modules/.topicast-services', fingerprint(sources), async () => {
  await run(process.execPath, [bin('typescript', 'tsc'), '-b', 'start', 'player', 'broadcast']);
  await run('npm', ['run', '--silent', 'bundle', '--workspace', '@topicast/player']);
});
if (!entry.startsWith('start/')) {
  const all = fingerprint([...sources, ...TEST_SOURCES]);
  await step('tests and benchmarks', 'node_modules/.topicast-tests', all, async () => {
    await run(process.execPath, [bin('typescript', 'tsc'), '-b']);
  });
}
if (needsWeb) {
  const web = fingerprint(['web', 'contracts', 'media', 'player', 'broadcast', 'package-lock.json']);
  await step('web pages', 'node_modules/.topicast-web', web, async () => {
    // The types are checked by the tests, not by everybody who starts it.
    await run('npm', ['run', '--silent', 'build', '--workspace', '@topicast/web'], {
      TOPICAST_WEB_UNCHECKED: '1',
    });
  });
}
process.argv = [process.argv[0], path.join(root, entry), ...args];
await import(path.join(root, entry));

/** Do a step of the set-up, unless its marker says that it was done for the same files. */
async function step(title, marker, wanted, work) {
  const file = path.join(root, marker);
  const isDone = () => existsSync(file) && readFileSync(file, 'utf8') === wanted;
  if (isDone()) return;
  await lock();
  // Another program may just have done it.
  if (!isDone()) {
    process.stderr.write(`Setting up: ${title} ... `);
    const began = Date.now();
    await work();
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  }
  unlock();
}

/** Programs that are started together in one folder do their set-up one after the other. */
async function lock() {
  for (let waited = 0; ; waited += 1) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      process.on('exit', unlock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot set up in ${root}: ${error.message}`);
    }
    if (isAbandoned()) rmSync(LOCK, { force: true });
    else if (waited === 0)
      process.stderr.write('Another program is doing the set-up here: waiting for it.\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function unlock() {
  process.off('exit', unlock);
  if (lockOwner() === process.pid) rmSync(LOCK, { force: true });
}

/** Undefined if there is no owner, or if it has not written its id yet. */
function lockOwner() {
  try {
    return Number(readFileSync(LOCK, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** Its owner was killed, or the lock is so old that the id belongs to another program by now. */
function isAbandoned() {
  const owner = lockOwner();
  const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return (owner !== undefined && !isAlive(owner)) || Date.now() - since > LONGEST_SETUP_MS;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Names, sizes and times of all sources below these paths. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (item) => {
    const file = path.join(root, item);
    if (!existsSync(file)) return;
    const stat = statSync(file);
    if (stat.isDirectory()) {
      for (const child of readdirSync(file).sort()) {
        if (!NOT_SOURCES.test(child)) visit(path.join(item, child));
      }
    } else hash.update(`${item} ${stat.size} ${Math.round(stat.mtimeMs)}\n`);
  };
  for (const item of paths) visit(item);
  return hash.digest('hex');
}

/** Run a tool silently, and show its output if it fails. */
function run(command, commandArgs, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const keep = (data) => {
      said = (said + data).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => fail(`\n${command} could not be run: ${error.message}. Is it installed?`));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      fail(`\n${said.trim()}\n\n"${command} ${commandArgs.join(' ')}" failed (exit code ${code}).`);
    });
  });
}

function bin(packageName, command) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin: bins } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, bins[command]);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
