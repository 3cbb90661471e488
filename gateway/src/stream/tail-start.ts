import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds } from '@topicast/contracts/units';
import type { ChunkReader, LogRecord } from '@topicast/log';

interface Tail {
  /** The offset that the next record would have got when reading began; the records below it were already there. */
  readonly next: number;
  readonly batches: AsyncIterable<readonly LogRecord[]>;
}

/**
 * Tail a rendition from `span` ago, and in any case from the newest keyframe on. So a viewer that comes back after a
 * restart of the gateway finds its place again, and everybody finds a place to begin.
 */
export async function openTail(
  log: ChunkReader,
  stream: StreamId,
  rendition: number,
  span: Milliseconds,
  signal: AbortSignal,
): Promise<Tail> {
  const { earliest, next } = await log.bounds(stream, rendition);
  return { next, batches: batchesFrom(log, stream, rendition, span, earliest, signal) };
}

async function* batchesFrom(
  log: ChunkReader,
  stream: StreamId,
  rendition: number,
  span: Milliseconds,
  earliest: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  const time = Milliseconds.sub(Milliseconds.wallClock(), span);
  // Ends with this generator, however that ends.
  const look = new AbortController();
  const batches = log.tail(stream, rendition, { at: 'keyframe' }, AbortSignal.any([signal, look.signal]));
  try {
    let isFirst = true;
    let reachesBack = true;
    for await (const batch of batches) {
      if (isFirst) reachesBack = !hasMoreBefore(batch[0], earliest, time);
      isFirst = false;
      if (!reachesBack) break;
      yield batch;
    }
    if (reachesBack) return;
  } finally {
    look.abort();
  }
  yield* log.tail(stream, rendition, { at: 'time', time }, signal);
}

/** Whether the span has records before this keyframe, which may have come only after the bounds were asked for. */
const hasMoreBefore = (keyframe: LogRecord | undefined, earliest: number, time: Milliseconds): boolean =>
  keyframe?.header !== undefined && keyframe.offset > earliest && keyframe.timestamp > time;
