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
  ENOENT: 'no folder can be created there',
  ENOSPC: 'its disk is full',
  ELOOP: 'its links form a loop',
  ENAMETOOLONG: 'the path is too long',
};

/** Create the data folder and try to write to it. @throws {ConfigError} one line that says what to do */
export async function prepareDataFolder(directory: string): Promise<void> {
  const folder = path.resolve(directory);
  try {
    const isNew = await makeFolder(folder);
    await tryToWrite(folder).catch((error: NodeJS.ErrnoException) => {
      // In an existing folder, the embedded log has its own reserve.
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

/** Warn about each media folder that cannot be used; otherwise its files would be refused one by one. */
export async function checkMediaFolders(folders: readonly string[], logger: Logger): Promise<void> {
  for (const folder of folders) {
    const problem = await mediaFolderProblem(folder);
    if (problem)
      logger.warn(`TOPICAST_MEDIA_DIRS: ${folder} ${problem}; streams from its files will not start`);
  }
}

async function mediaFolderProblem(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return 'is not a folder';
    await access(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
  }
}

/**
 * Does not use Node's `recursive`, which never ends if the parent exists but accepts no folders, like /proc.
 * @returns whether the folder is new
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
    // If a disk is read-only or a folder is not ours, that error comes first, even for an existing folder.
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
