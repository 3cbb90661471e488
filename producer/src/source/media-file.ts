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
  if (name.includes('\0')) throw new SourceError('refused', 'The file name holds a zero byte.');
  const roots = (await Promise.all(mediaDirs.map(realPathOf))).filter((root) => root !== undefined);
  const candidates = path.isAbsolute(name) ? [name] : roots.map((root) => path.join(root, name));
  const found = (await Promise.all(candidates.map(realPathOf))).filter((real) => real !== undefined);
  const allowed = found.find((real) => roots.some((root) => isBelow(real, root)));
  if (allowed !== undefined) return regularFile(allowed);
  // Outside of the folders the same words whether the file is there or not: nobody shall learn what this machine has.
  const inside = candidates.some((candidate) => roots.some((root) => isBelow(path.resolve(candidate), root)));
  throw inside && found.length === 0
    ? new SourceError('unreachable', `There is no file "${name}" in the media folders.`)
    : new SourceError('refused', 'The file is not inside the media folders (TOPICAST_MEDIA_DIRS).');
}

/** The path of a file that the operator named on the command line. @throws {SourceError} */
export async function trustedFile(name: string): Promise<string> {
  const real = await realPathOf(path.resolve(name));
  if (real === undefined) throw new SourceError('unreachable', `There is no file "${name}".`);
  return regularFile(real);
}

async function regularFile(real: string): Promise<string> {
  if (!(await stat(real)).isFile())
    throw new SourceError('refused', `"${path.basename(real)}" is not a file.`);
  return real;
}

const realPathOf = (name: string): Promise<string | undefined> => realpath(name).catch(() => undefined);

const isBelow = (file: string, directory: string): boolean => {
  const way = path.relative(directory, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
};
