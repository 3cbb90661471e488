import type { CreateStreamRequest } from '@topicast/contracts/http';
import { judgeSource, SourceError } from '@topicast/sources';
import type { GatewayConfig } from '../config.js';
import { ApiError } from './problem.js';

/**
 * Tell a streamer at once, in the same words, what the producer would refuse later. The producer also judges the
 * addresses of names, because it makes the connection.
 * @throws {ApiError} 403 for a source that is not allowed, 422 for one that is wrong or missing
 */
export async function requireSource(
  source: CreateStreamRequest['source'],
  config: GatewayConfig,
): Promise<void> {
  // Somebody else sends it: there is nothing to open.
  if (source.kind === 'topic' || source.kind === 'ingest') return;
  const { mediaDirectories: mediaDirs, allowPrivateUrls } = config;
  try {
    await judgeSource(source, { trusted: false, mediaDirs, allowPrivateUrls });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.code === 'refused') throw new ApiError(403, error.message);
    const path = sourceField(source);
    throw new ApiError(422, error.message, [{ path, message: error.message }]);
  }
}

/** The property in which a source is named. */
export const sourceField = ({ kind }: CreateStreamRequest['source']): string =>
  kind === 'file' ? 'source.path' : 'source.url';
