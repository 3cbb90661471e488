import { statSync } from 'node:fs';
import path from 'node:path';

/**
 * Checked before hours of measurement are lost. @throws {Error} one line, if the folder of `--json FILE` does not exist
 */
export function checkJsonFile(file: string | undefined): void {
  if (file === undefined) return;
  const folder = statSync(path.dirname(path.resolve(file)), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) throw new Error(`--json ${file}: there is no such folder`);
}
