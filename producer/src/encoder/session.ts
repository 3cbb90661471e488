import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';

const READ_MS = 2_000;

/** A session's number: the time of its start, but always above the one before, whatever the clock does. */
export const nextSession = (now: number, last: number): number => Math.max(Math.floor(now), last + 1);

/** The session of the newest record of a stream; 0 if there is none to be read. */
export async function lastSessionInLog(log: ChunkLog, stream: StreamId): Promise<number> {
  const { earliest, next } = await log.bounds(stream, 0);
  if (next <= earliest) return 0;
  const signal = AbortSignal.timeout(milliseconds(READ_MS));
  for await (const records of log.tail(stream, 0, { at: 'offset', offset: next - 1 }, signal)) {
    const newest = records.at(-1);
    if (newest) return newest.header?.session ?? 0;
  }
  return 0;
}
