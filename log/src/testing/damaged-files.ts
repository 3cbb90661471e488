/**
 * A process that damages the chunk file of an embedded log in many ways, and opens and uses what is left each time.
 * Arguments: a data folder that `fillFolder` made and that is closed, how many cases, the seed. It prints a line before
 * and after each case, so that a reader of the lines knows which case ended it, and throws if a record is not as it was
 * written.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { numberedBytes, numberedChunk } from '@topicast/test/numbered-chunks';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { openEmbeddedLog } from '../embedded/embedded-log.js';
import { closeStore, openStore } from '../embedded/open-store.js';
import { encodeRecord, isSound } from '../embedded/record-format.js';
import { Reserve } from '../embedded/reserve.js';
import { FILM, SIZES } from './filled-folder.js';

const PAGE_BYTES = 4096;
const OVERFLOW = 0x04;
const QUIET = pino({ enabled: false });

type Random = (below: number) => number;

/** mulberry32: the same cases for the same seed. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const KINDS: readonly ((file: Buffer, random: Random) => Buffer)[] = [
  function anywhere(file, random) {
    for (let n = 1 + random(40); n > 0; n--) file[random(file.length)] = random(256);
    return file;
  },
  function whereLmdbReads(file, random) {
    const pages = Array.from({ length: file.length / PAGE_BYTES }, (_, page) => page * PAGE_BYTES);
    const trees = pages.filter((at) => file.readUInt16LE(at + 18) !== OVERFLOW);
    for (let n = 1 + random(4); n > 0; n--) {
      const at = trees[random(trees.length)]! + random(random(2) ? 256 : PAGE_BYTES);
      file[at] = file[at]! ^ (1 << random(8));
    }
    return file;
  },
  function headersOfPages(file, random) {
    for (let n = 1 + random(3); n > 0; n--) {
      const page = random(3) ? random(file.length / PAGE_BYTES) : random(3);
      file[page * PAGE_BYTES + random(176)] = random(256);
    }
    return file;
  },
  function cutShort(file, random) {
    return file.subarray(0, random(file.length));
  },
  function cutAtPage(file, random) {
    return file.subarray(0, random(file.length / PAGE_BYTES) * PAGE_BYTES);
  },
  function otherPage(file, random) {
    const from = random(file.length / PAGE_BYTES) * PAGE_BYTES;
    return file.copy(file, random(file.length / PAGE_BYTES) * PAGE_BYTES, from, from + PAGE_BYTES)
      ? file
      : file;
  },
  function zeros(file, random) {
    const at = random(file.length / PAGE_BYTES) * PAGE_BYTES;
    return file.fill(0, at, Math.min(file.length, at + PAGE_BYTES * (1 + random(4))));
  },
];

/** What a log does with its file: read, remove, append, and remove records that no topic owns. */
async function useStore(directory: string): Promise<void> {
  const reserve = new Reserve(directory);
  const store = await openStore(directory, reserve, QUIET);
  for (const topic of [...store.storedTopics()]) {
    for (let partition = 0; partition < SIZES.length; partition++) {
      const { earliest, next } = store.span(topic, partition);
      for (const offset of store.offsetsBackwards(topic, partition)) {
        const stored = store.read(topic, partition, offset);
        if (stored) isSound(stored);
      }
      store.remove(topic, partition, earliest, Math.min(earliest + 100, next));
    }
  }
  for (let offset = 0; offset < 60; offset++) {
    const record = encodeRecord(numberedChunk(1, offset, offset % 3 ? 12_500 : 500), 1 as never, 0);
    store.append(9, 0, offset, [record, record]);
  }
  for (const topic of [...store.storedTopics()]) while (store.removeSome(topic, 50));
  store.probe();
  await closeStore(directory, store);
  reserve.close();
}

/** @returns how many records could still be read. */
async function useLog(directory: string): Promise<number> {
  const log = await openEmbeddedLog({ directory });
  let count = 0;
  for (const [rendition, size] of SIZES.entries()) {
    const { earliest, next } = await log.bounds(FILM, rendition);
    const offset = await log.append(FILM, rendition, [numberedChunk(2, 0, size)]);
    if (offset !== next) throw new Error(`the next offset was ${offset} and not ${next}`);
    await log
      .tail(FILM, rendition, { at: 'keyframe' }, AbortSignal.timeout(1))
      [Symbol.asyncIterator]()
      .return?.();
    const records = await readTo(log, rendition, earliest, next);
    for (const { header, value } of records) {
      const written = numberedBytes(header!.session, header!.sequence, size);
      if (Buffer.compare(value, written) !== 0)
        throw new Error(`record ${header!.sequence} is not as written`);
    }
    count += records.length;
  }
  await log.ping();
  await log.close();
  return count;
}

/** The last record, which was just appended, always comes. */
async function readTo(
  log: Awaited<ReturnType<typeof openEmbeddedLog>>,
  rendition: number,
  from: number,
  last: number,
) {
  const stop = new AbortController();
  const records = [];
  for await (const batch of log.tail(FILM, rendition, { at: 'offset', offset: from }, stop.signal)) {
    records.push(...batch);
    if (batch.at(-1)!.offset === last) stop.abort();
  }
  return records;
}

const [source, cases, seed] = process.argv.slice(2);
const random = randomFrom(Number(seed));
for (let n = 0; n < Number(cases); n++) {
  const kind = KINDS[n % KINDS.length]!;
  process.stdout.write(`case ${n} ${kind.name}: `);
  using forStore = temporaryFolder();
  using forLog = temporaryFolder();
  const damaged = kind(readFileSync(join(source!, 'chunks/data.mdb')), random);
  for (const { path } of [forStore, forLog]) {
    await cp(source!, path, { recursive: true });
    writeFileSync(join(path, 'chunks/data.mdb'), damaged);
  }
  await useStore(forStore.path);
  const records = await useLog(forLog.path);
  const isAside = (await readdir(forLog.path)).some((name) => name.startsWith('chunks.damaged-'));
  process.stdout.write(`${isAside ? 'moved aside' : 'used'}, ${records} records\n`);
}
process.stdout.write('done\n');
