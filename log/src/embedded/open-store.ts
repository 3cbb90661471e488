import { writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { LogError } from '../chunk-log.js';
import { syncFile } from './durable-file.js';
import { checkLmdbFile } from './lmdb-file/check.js';
import { markClosed, markOpen } from './power-loss.js';
import type { Reserve } from './reserve.js';
import { STORE_TREES, Store } from './store.js';

const FOLDER = 'chunks';
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';
/** More than the readers of one process need, which take 64 bytes each. */
const LOCK_FILE_BYTES = 16_384;
/** What LMDB itself calls damage: MDB_INVALID, VERSION_MISMATCH, PANIC, CORRUPTED, PAGE_NOTFOUND. */
const DAMAGE = new Set<unknown>([-30793, -30794, -30795, -30796, -30797]);

/**
 * Open the chunks of a data folder. We do not open chunks that we cannot trust, because LMDB would read them until a
 * signal ends it. Chunks that a power cut may have torn are deleted; a damaged file is moved aside. Then recording
 * starts over; the tables are elsewhere.
 */
export async function openStore(directory: string, reserve: Reserve, logger: Logger): Promise<Store> {
  const folder = join(directory, FOLDER);
  if (await reserve.lend(() => markOpen(directory))) {
    logger.warn(
      `the machine went down while ${directory} was open: discarding its chunks, keeping its tables`,
    );
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  const open = (): Store =>
    reserve.lendSync(() => {
      // liblmdb creates this file with a hole and writes into it through memory, which is a bus error on a full disk.
      // Nothing in it counts, because no other process has the folder open.
      writeFileSync(join(folder, LOCK_FILE), new Uint8Array(LOCK_FILE_BYTES));
      return new Store({ folder, directory, reserve });
    });
  try {
    const problem = await whyUnusable(folder, logger);
    if (problem !== undefined) await moveAside(directory, problem, logger);
    try {
      return open();
    } catch (error) {
      if (!DAMAGE.has((error as { code?: unknown }).code)) throw error;
      await moveAside(directory, (error as Error).message, logger);
      return open();
    }
  } catch (cause) {
    throw new LogError('unavailable', `cannot open ${folder}: ${(cause as Error).message}`, { cause });
  }
}

/** Force everything that was written to the disk, so that a power cut from now on does no harm. */
export async function closeStore(directory: string, store: Store): Promise<void> {
  await store.close();
  try {
    await syncFile(join(directory, FOLDER, DATA_FILE));
    await markClosed(directory);
  } catch (error) {
    // The folder was deleted while it was open: there is nothing to keep.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function whyUnusable(folder: string, logger: Logger): Promise<string | undefined> {
  if (!(await hasData(folder))) return undefined;
  const file = join(folder, DATA_FILE);
  const result = checkLmdbFile(file, STORE_TREES);
  if ('damage' in result) return result.damage;
  const isKnown = (name: string): boolean => name in STORE_TREES;
  if (result.trees.every(isKnown)) return undefined;
  logger.warn(`${file} is from another version of Topicast: recording starts over, the tables are kept`);
  await rm(file);
  return undefined;
}

async function moveAside(directory: string, problem: string, logger: Logger): Promise<void> {
  const folder = join(directory, FOLDER);
  const aside = `${folder}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  // One copy is enough to look at, and each may be as large as the retention.
  for (const name of await readdir(directory)) {
    if (name.startsWith(`${FOLDER}.damaged-`))
      await rm(join(directory, name), { recursive: true, force: true });
  }
  await rename(folder, aside);
  await mkdir(folder);
  logger.error(
    `${join(folder, DATA_FILE)} is damaged (${problem}): moved to ${aside}, which you may delete. Recording starts over, the tables are kept`,
  );
}

const hasData = (folder: string): Promise<boolean> =>
  stat(join(folder, DATA_FILE)).then(
    () => true,
    () => false,
  );
