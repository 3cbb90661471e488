import { statSync } from 'node:fs';
import path from 'node:path';

/** Before hours of measuring go nowhere. @throws {Error} one line, if the folder of `--json FILE` is not there */
export function checkJsonFile(file: string | undefined): void {
  if (file === undefined) return;
  const folder = statSync(path.dirname(path.resolve(file)), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) throw new Error(`--json ${file}: there is no such folder`);
}
