import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@topicast/contracts/config';
import type { GatewayConfig } from '../config.js';

const FILE = 'operator-token';

/**
 * The token for changing anything: TOPICAST_TOKEN, or one that is created once and kept in a file that only its owner
 * can read.
 */
export async function operatorToken(config: GatewayConfig): Promise<string> {
  if (config.token !== undefined) return config.token;
  const path = join(config.dataDirectory, FILE);
  await mkdir(config.dataDirectory, { recursive: true });
  const made = randomBytes(24).toString('base64url');
  try {
    // Fails if the file exists: the first process decides.
    await writeFile(path, `${made}\n`, { flag: 'wx', mode: 0o600 });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const kept = (await readFile(path, 'utf8')).trim();
  if (kept === '') throw new ConfigError(`${path} is empty: delete it, and a new token will be created`);
  return kept;
}
