import { constants } from 'node:fs';
import { access, mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@topicast/contracts/config';
import type { Logger } from 'pino';

const REASONS: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its disk is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOENT: 'no folder can be made there',
  ENOSPC: 'its disk is full',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the path is too long',
};

/** Make the data folder and try to write to it. @throws {ConfigError} one line that says what to do */
export async function prepareDataFolder(directory: string): Promise<void> {
  const folder = path.resolve(directory);
  try {
    const isNew = await makeFolder(folder);
    await tryToWrite(folder).catch((error: NodeJS.ErrnoException) => {
      // The embedded log of a folder that was there has room of its own.
      if (isNew || error.code !== 'ENOSPC') throw error;
    });
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(
      `TOPICAST_DATA_DIR: cannot keep data in ${folder} (${code}: ${REASONS[code] ?? message}); set it to a folder that this user can write to`,
      { cause },
    );
  }
}

/** A warning for each folder of films that cannot be used: its files would be refused one by one. */
export async function checkMediaFolders(folders: readonly string[], logger: Logger): Promise<void> {
  for (const folder of folders) {
    const problem = await mediaFolderProblem(folder);
    if (problem)
      logger.warn(`TOPICAST_MEDIA_DIRS: ${folder} ${problem}; streams from its files will not start`);
  }
}

async function mediaFolderProblem(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return 'is no folder';
    await access(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
  }
}

/**
 * Without Node's `recursive`, which never ends where a folder's parent is there and yet takes none, as /proc does.
 * @returns whether there was none before
 */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      await makeFolder(path.dirname(folder));
      await mkdir(folder);
      return true;
    }
    // Where a disk is read-only or a folder is not ours, that comes first even for one that exists.
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
    return false;
  }
}

async function tryToWrite(folder: string): Promise<void> {
  const file = path.join(folder, `.write-test-${process.pid}`);
  const handle = await open(file, 'w');
  await handle.close();
  await rm(file);
}
