import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startChildScript } from '@topicast/test/child-script';
import { temporaryFolder } from '@topicast/test/temporary';
import fc from 'fast-check';
import { open } from 'lmdb';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FILM, fillFolder, SIZES } from '../testing/filled-folder.js';
import { newStream, record, SETTINGS } from '../testing/support.js';
import { openEmbeddedLog } from './embedded-log.js';
import { checkLmdbFile } from './lmdb-file/check.js';
import { PAGE_HEADER_BYTES, readPageHeader } from './lmdb-file/layout.js';
import { STORE_TREES } from './store.js';

const CHILD = join(import.meta.dirname, '../testing/damaged-files.ts');
const CASES = Number(process.env.TOPICAST_FUZZ_RUNS) || 200;
const LIMIT_MS = 600_000 + CASES * 1_000;
const PROCESSES = 2;
const VALUE_AT = 64;
const LARGE_PAGES = Math.ceil((PAGE_HEADER_BYTES + VALUE_AT + SIZES[0]) / 4096);

/** A logger that keeps its lines. */
function listener() {
  const lines: string[] = [];
  return {
    lines,
    logger: pino({}, { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) }),
  };
}

describe('a damaged chunk file', () => {
  it(
    'never ends the process, and never shows a record that is not as it was written',
    async () => {
      using folder = temporaryFolder();
      await fillFolder(folder.path);
      const healthy = checkLmdbFile(join(folder.path, 'chunks/data.mdb'), STORE_TREES);
      expect(healthy).toEqual({ trees: expect.arrayContaining(Object.keys(STORE_TREES)) });
      const seeds = Array.from({ length: PROCESSES }, () => Math.floor(Math.random() * 2 ** 31));
      const results = seeds.map(async (seed) => {
        const args = [folder.path, String(Math.ceil(CASES / PROCESSES)), String(seed)];
        const child = await startChildScript(CHILD, args, { stdio: ['ignore', 'pipe', 'pipe'] });
        const said: string[] = [];
        const errors = createInterface({ input: child.stderr! }).on('line', (line) => said.push(line));
        for await (const line of createInterface({ input: child.stdout! })) said.push(line);
        errors.close();
        return { seed, said };
      });
      for (const { seed, said } of await Promise.all(results)) {
        expect(said.at(-1), `seed ${seed}: ${said.slice(-12).join('\n')}`).toBe('done');
        const kept = said.filter((line) => line.includes(': used')).length;
        expect(kept, 'harmless damage loses nothing').toBeGreaterThan(0);
        expect(said.length - kept).toBeGreaterThan(kept / 10);
      }
    },
    LIMIT_MS,
  );

  it('is moved aside with one line, and the tables are kept', async () => {
    using folder = temporaryFolder();
    await fillFolder(folder.path);
    await writeFile(join(folder.path, 'chunks/data.mdb'), Buffer.alloc(8192, 0xa5));
    const { lines, logger } = listener();
    const log = await openEmbeddedLog({ directory: folder.path, logger });
    expect(await log.topics()).toEqual([FILM]);
    expect(await log.bounds(FILM, 0)).toEqual({ earliest: 0, next: 0 });
    expect(await log.append(FILM, 0, [record(0)])).toBe(0);
    await log.close();
    expect(lines).toEqual([
      expect.stringMatching(/data\.mdb is damaged \(.*\): moved to .*chunks\.damaged-20/),
    ]);
    expect((await readdir(folder.path)).filter((name) => name.includes('damaged'))).toHaveLength(1);
  });

  it('of an earlier layout is given up with one line', async () => {
    using folder = temporaryFolder();
    const env = open({ path: join(folder.path, 'chunks'), noSubdir: false, noSync: true });
    await env.openDB('records', {}).put('a', 'b');
    await env.close();
    const { lines, logger } = listener();
    const log = await openEmbeddedLog({ directory: folder.path, logger });
    await log.createTopic(FILM, SETTINGS);
    await log.append(FILM, 0, [record(0)]);
    await log.close();
    expect(lines).toEqual([expect.stringContaining('another version of Topicast')]);
  });
});

/** Where the stored value of a large chunk begins: after the header of a page. */
function valueOnItsOwnPages(file: Buffer, sequence: number): number {
  const mark = Buffer.alloc(16);
  // Session 1, the sequence, the first packet: see numberedBytes.
  mark.writeBigUInt64BE(1n);
  mark.writeUInt32BE(sequence, 8);
  for (let at = file.indexOf(mark); at >= 0; at = file.indexOf(mark, at + 1)) {
    const value = at - 4 - VALUE_AT;
    const isFirst = value % 4096 === PAGE_HEADER_BYTES;
    if (isFirst && readPageHeader(file.subarray(value - PAGE_HEADER_BYTES)).pages === LARGE_PAGES)
      return value;
  }
  throw new Error(`chunk ${sequence} is not in the file`);
}

describe('a damaged record', () => {
  it.each([
    ['head', 4],
    ['TS bytes', 5_000],
  ])('is left out, and only it (%s)', async (_what, at) => {
    using folder = temporaryFolder();
    await fillFolder(folder.path);
    const path = join(folder.path, 'chunks/data.mdb');
    const file = await readFile(path);
    const { lines, logger } = listener();
    let log = await openEmbeddedLog({ directory: folder.path });
    const { earliest, next } = await log.bounds(FILM, 0);
    await log.close();
    const damaged = earliest + 3;
    const value = valueOnItsOwnPages(file, damaged);
    file[value + at]! ^= 1;
    await writeFile(path, file);
    log = await openEmbeddedLog({ directory: folder.path, logger });
    const stop = new AbortController();
    const offsets: number[] = [];
    for await (const batch of log.tail(FILM, 0, { at: 'earliest' }, stop.signal)) {
      offsets.push(...batch.map(({ offset }) => offset));
      if (offsets.at(-1) === next - 1) stop.abort();
    }
    const all = Array.from({ length: next - earliest }, (_, n) => earliest + n);
    expect(offsets).toEqual(all.filter((offset) => offset !== damaged));
    expect(lines).toEqual([expect.stringContaining('damaged records')]);
    await log.close();
  });
});

describe('a damaged table', () => {
  it('keeps every row but those that the damage touches', async () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });
    const rows = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string()), {
      selector: ([key]) => key,
      minLength: 2,
      maxLength: 6,
    });
    const property = fc.asyncProperty(rows, change, async (written, { at, byte }) => {
      using folder = temporaryFolder();
      const path = join(folder.path, 'tables/t.json');
      const first = await openEmbeddedLog({ directory: folder.path });
      const table = await first.table('t');
      for (const [key, value] of written) await table.put(key, value);
      await first.close();
      const file = await readFile(path);
      file[Math.floor(at * (file.length - 1))] = byte;
      await writeFile(path, file);
      for (const round of ['damaged', 'mended']) {
        const { lines, logger } = listener();
        const second = await openEmbeddedLog({ directory: folder.path, logger });
        const read = new Map((await second.table('t')).entries());
        await second.close();
        const kept = written.filter(([key, value]) => read.get(key) === value);
        // A byte between two rows may cost both.
        expect(kept.length, round).toBeGreaterThanOrEqual(written.length - 2);
        expect(lines.length).toBeLessThanOrEqual(round === 'damaged' ? 1 : 0);
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('of topics costs the topics whose rows it touches', async () => {
    using folder = temporaryFolder();
    const first = await openEmbeddedLog({ directory: folder.path });
    await first.createTopic(FILM, SETTINGS);
    const other = newStream();
    await first.createTopic(other, SETTINGS);
    await first.append(other, 0, [record(7)]);
    await first.close();
    const path = join(folder.path, 'topics.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('\\"partitions\\":2', '\\"partitions\\":-'));
    const { lines, logger } = listener();
    const second = await openEmbeddedLog({ directory: folder.path, logger });
    expect(await second.topics()).toEqual([other]);
    expect(await second.bounds(other, 0)).toEqual({ earliest: 0, next: 1 });
    await second.createTopic(FILM, SETTINGS);
    await second.append(FILM, SIZES.length - 2, [record(0)]);
    await second.close();
    expect(lines).toEqual([expect.stringContaining('"film" has a damaged row')]);
  });
});
