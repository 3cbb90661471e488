import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SourceError } from './source-error.js';

/**
 * The real, absolute path of a file that a user named. Relative names are looked for in each media folder. Links are
 * followed before the comparison, so that none leads out of the folders.
 * @throws {SourceError}
 */
export async function mediaFile(name: string, mediaDirs: readonly string[]): Promise<string> {
  if (mediaDirs.length === 0) {
    throw new SourceError('refused', 'Files cannot be streamed: TOPICAST_MEDIA_DIRS names no folder.');
  }
  if (name.includes('\0')) throw new SourceError('invalid', 'The file name holds a zero byte.');
  const outside = new SourceError(
    'refused',
    'The file is not inside the media folders (TOPICAST_MEDIA_DIRS).',
  );
  const roots = (await Promise.all(mediaDirs.map(realPathOf))).filter((root) => root !== undefined);
  const folders = [...mediaDirs, ...roots];
  const candidates = path.isAbsolute(name)
    ? [path.resolve(name)]
    : mediaDirs.map((folder) => path.join(folder, name));
  // Compare by name first, so that nobody can learn whether a file outside exists.
  const named = candidates.filter((file) => isBelowAny(file, folders));
  if (named.length === 0) throw outside;
  const found = (await Promise.all(named.map(realPathOf))).filter((real) => real !== undefined);
  if (found.length === 0) {
    throw new SourceError('unreachable', `There is no file "${name}" in the media folders.`);
  }
  const allowed = found.find((real) => isBelowAny(real, roots));
  if (allowed === undefined) throw outside;
  return regularFile(allowed);
}

/** The path of a file that the operator named on the command line. @throws {SourceError} */
export async function trustedFile(name: string): Promise<string> {
  const real = await realPathOf(path.resolve(name));
  if (real === undefined) throw new SourceError('unreachable', `There is no file "${name}".`);
  return regularFile(real);
}

async function regularFile(real: string): Promise<string> {
  const found = await stat(real).catch(() => undefined);
  if (!found?.isFile()) throw new SourceError('invalid', `"${path.basename(real)}" is not a file.`);
  return real;
}

const realPathOf = (name: string): Promise<string | undefined> => realpath(name).catch(() => undefined);

const isBelowAny = (file: string, folders: readonly string[]): boolean =>
  folders.some((folder) => isBelow(file, folder));

function isBelow(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}
