import { ConfigError } from '@topicast/contracts/config';
import { type Doorkeeper, listenForRtmp, type RtmpListener } from '@topicast/ingest';
import type { Logger } from 'pino';
import type { ProducerConfig } from '../config.js';

/** What the system says about an address or a port that somebody chose. */
const THEIR_FAULT = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']);

/**
 * Listen for encoders. A port that nobody has asked for may be taken: streams without such encoders do not need it.
 * @throws {ConfigError} if a port that was asked for cannot be had
 */
export async function openListener(
  rtmp: ProducerConfig['rtmp'],
  doorkeeper: Doorkeeper,
  logger: Logger,
): Promise<RtmpListener | undefined> {
  if (!rtmp) return undefined;
  const { host, port, isAskedFor, strangersPerAddress } = rtmp;
  try {
    return await listenForRtmp({ host, port, strangersPerAddress, doorkeeper, logger });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!THEIR_FAULT.has(code)) throw error;
    const problem = `cannot listen for encoders on ${host}, port ${port} (${code})`;
    if (isAskedFor) {
      throw new ConfigError(`${problem}: set TOPICAST_RTMP_PORT to another port, or to off`, {
        cause: error,
      });
    }
    logger.warn(`${problem}, so no encoder can publish here: set TOPICAST_RTMP_PORT to another port`);
    return undefined;
  }
}
