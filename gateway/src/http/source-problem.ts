import type { CreateStreamRequest } from '@topicast/contracts/http';
import { judgeSource, SourceError } from '@topicast/sources';
import type { GatewayConfig } from '../config.js';
import { ApiError } from './problem.js';

/**
 * Tell a streamer at once, in the same words, what the producer would refuse later. The producer also judges what names
 * resolve to: it is the one who connects.
 * @throws {ApiError} 403 for what is not allowed, 422 for what is wrong or not there
 */
export async function requireSource(
  source: CreateStreamRequest['source'],
  config: GatewayConfig,
): Promise<void> {
  // Written by somebody else: nothing is opened.
  if (source.kind === 'topic') return;
  const { mediaDirectories: mediaDirs, allowPrivateUrls } = config;
  try {
    await judgeSource(source, { trusted: false, mediaDirs, allowPrivateUrls });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.code === 'refused') throw new ApiError(403, error.message);
    const path = source.kind === 'file' ? 'source.path' : 'source.url';
    throw new ApiError(422, error.message, [{ path, message: error.message }]);
  }
}
