import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog, NewRecord } from '@topicast/log';
import type { Chunk } from '@topicast/media/mpegts';

/**
 * Appends the chunks of one session to rendition 0, in order and as soon as they come.
 * @returns what takes a chunk, and when its picture was taken in, by the wall clock
 */
export function appender(
  log: ChunkLog,
  id: StreamId,
  session: number,
): (chunk: Chunk, wallClock: number) => void {
  let waiting: NewRecord[] = [];
  let sending = false;
  let sequence = 0;
  const send = async () => {
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await log.append(id, 0, batch);
    }
    sending = false;
  };
  return ({ data, start: _, ...chunk }, wallClock) => {
    const header = { ...chunk, session, sequence: sequence++, wallClock: milliseconds(wallClock), gop: 0 };
    waiting.push({ value: data, header });
    if (!sending) send().catch(() => undefined);
  };
}
