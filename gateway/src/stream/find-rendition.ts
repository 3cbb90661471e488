import type { StreamId } from '@topicast/contracts/stream-id';
import { type ChunkReader, LogError } from '@topicast/log';

interface RenditionName {
  readonly log: Pick<ChunkReader, 'bounds'>;
  readonly stream: StreamId;
  readonly rendition: number;
}

/**
 * Whether the topic has such a partition. The error `invalid` alone does not tell. But every topic has a rendition 0,
 * so a problem of the whole topic shows there too.
 */
export async function findRendition(name: RenditionName): Promise<'there' | 'missing' | 'unreadable'> {
  const { log, stream, rendition } = name;
  const [first, own] = await Promise.allSettled([log.bounds(stream, 0), log.bounds(stream, rendition)]);
  if (own.status === 'fulfilled') return 'there';
  const code = own.reason instanceof LogError ? own.reason.code : undefined;
  const isMissing = code === 'unknown-topic' || (code === 'invalid' && first.status === 'fulfilled');
  return isMissing ? 'missing' : 'unreadable';
}
