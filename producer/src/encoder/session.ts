import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type ChunkReader, LogError } from '@topicast/log';

const READ_LIMIT = milliseconds(2_000);

/** A session's number: the time of its start, but always above the one before, whatever the clock does. */
export const nextSession = (now: number, last: number): number => Math.max(Math.floor(now), last + 1);

/**
 * The session of the newest record of a stream; 0 if there is none, or none of ours.
 * @throws {LogError} `unavailable` if it cannot be read in time: a guess could be a session that readers take for old
 */
export async function lastSessionInLog(
  log: ChunkReader,
  stream: StreamId,
  limit: Milliseconds = READ_LIMIT,
): Promise<number> {
  const { earliest, next } = await log.bounds(stream, 0);
  if (next <= earliest) return 0;
  const signal = AbortSignal.timeout(limit);
  for await (const records of log.tail(stream, 0, { at: 'offset', offset: next - 1 }, signal)) {
    const newest = records.at(-1);
    if (newest) return newest.header?.session ?? 0;
  }
  throw new LogError('unavailable', 'The newest chunk of the stream could not be read; it is tried again.');
}
