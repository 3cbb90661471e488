import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type ChunkReader, LogError } from '@topicast/log';

const READ_LIMIT = milliseconds(2_000);
/** An encoder that hung may write old records late, and these are then the newest. */
const LOOK_BACK = 100;

/**
 * The highest GOP number at the end of a stream's renditions; 0 if there is none. It looks at all of them, because each
 * may have lost what another one has.
 * @throws {LogError} `unavailable` if one cannot be read in time
 */
export async function lastGopInLog(
  log: Pick<ChunkReader, 'bounds' | 'tail'>,
  stream: StreamId,
  renditions: number,
  limit: Milliseconds = READ_LIMIT,
): Promise<number> {
  const signal = AbortSignal.timeout(limit);
  const all = Array.from({ length: renditions }, (_, rendition) => lastGopIn(log, stream, rendition, signal));
  return Math.max(...(await Promise.all(all)));
}

async function lastGopIn(
  log: Pick<ChunkReader, 'bounds' | 'tail'>,
  stream: StreamId,
  rendition: number,
  signal: AbortSignal,
): Promise<number> {
  const { earliest, next } = await log.bounds(stream, rendition);
  if (next <= earliest) return 0;
  const offset = Math.max(earliest, next - LOOK_BACK);
  let highest = 0;
  for await (const records of log.tail(stream, rendition, { at: 'offset', offset }, signal)) {
    for (const { header } of records) highest = Math.max(highest, header?.gop ?? 0);
    if ((records.at(-1)?.offset ?? 0) >= next - 1) return highest;
  }
  throw new LogError('unavailable', 'The newest chunks of the stream could not be read.');
}
