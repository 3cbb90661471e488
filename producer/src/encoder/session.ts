import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type ChunkReader, LogError } from '@topicast/log';

const READ_LIMIT = milliseconds(2_000);

/** A session's number: the time of its start, but always above the previous number, whatever the clock does. */
export const nextSession = (now: number, last: number): number => Math.max(Math.floor(now), last + 1);

/** More records than a producer that hung writes late at once; those may be the newest ones. */
const LOOK_BACK = 100;

/**
 * The highest session among the newest records of a stream; 0 if there is none, or none of ours.
 * @throws {LogError} `unavailable` if it cannot be read in time; a guess could be a session that readers take for an
 * old one
 */
export async function lastSessionInLog(
  log: ChunkReader,
  stream: StreamId,
  limit: Milliseconds = READ_LIMIT,
): Promise<number> {
  const { earliest, next } = await log.bounds(stream, 0);
  if (next <= earliest) return 0;
  const signal = AbortSignal.timeout(limit);
  const offset = Math.max(earliest, next - LOOK_BACK);
  let highest = 0;
  for await (const records of log.tail(stream, 0, { at: 'offset', offset }, signal)) {
    highest = Math.max(highest, ...records.map(({ header }) => header?.session ?? 0));
    if ((records.at(-1)?.offset ?? 0) >= next - 1) return highest;
  }
  throw new LogError(
    'unavailable',
    'The newest chunks of the stream could not be read; the producer will try again.',
  );
}
