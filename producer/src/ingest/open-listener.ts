import { ConfigError } from '@topicast/contracts/config';
import type { Listener } from '@topicast/ingest';
import type { Logger } from 'pino';
import type { ListenerConfig } from '../config.js';

/** What the system says about an address or a port that somebody chose. */
const THEIR_FAULT = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

/**
 * Listen for encoders. A port that nobody has asked for may be taken: streams without such encoders do not need it.
 * @throws {ConfigError} if a port that was asked for cannot be had
 */
export async function openListener<Where extends ListenerConfig>(
  wanted: Where | undefined,
  listen: (where: Where) => Promise<Listener>,
  logger: Logger,
): Promise<Listener | undefined> {
  if (!wanted) return undefined;
  const { host, port, setting, isAskedFor } = wanted;
  try {
    return await listen(wanted);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!THEIR_FAULT.has(code)) throw error;
    const problem = `cannot listen for encoders on ${host}, port ${port} (${code})`;
    if (isAskedFor) {
      throw new ConfigError(`${problem}: set ${setting} to another port, or to off`, { cause: error });
    }
    logger.warn(`${problem}, so no encoder can publish there: set ${setting} to another port`);
    return undefined;
  }
}
