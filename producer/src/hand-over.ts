import type { Source } from '@topicast/contracts/http';
import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkReader } from '@topicast/log';

/** Below the ten seconds that `docker stop` leaves a container. */
export const HAND_OVER_LIMIT = milliseconds(8_000);
const LOOK_EVERY_MS = 200;

export interface HandOver {
  readonly log: Pick<ChunkReader, 'tail'>;
  readonly stream: StreamId;
  /** The session that is to be followed. */
  readonly session: number;
  /** Whether somebody shall and can take over, asked again and again. */
  readonly isExpected: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Wait until a successor's chunks are in the log, of which the first is a keyframe: an encoder that goes on until then
 * leaves no gap. Resolves also when nobody is to be expected any more, and after 8 s. Never rejects.
 */
export async function successorWrites({ log, stream, session, isExpected, signal }: HandOver): Promise<void> {
  if (!isExpected()) return;
  const giveUp = new AbortController();
  const look = setInterval(() => isExpected() || giveUp.abort(), LOOK_EVERY_MS);
  const limit = AbortSignal.any([signal, giveUp.signal, AbortSignal.timeout(HAND_OVER_LIMIT)]);
  try {
    for await (const records of log.tail(stream, 0, { at: 'live' }, limit)) {
      if (records.some(({ header }) => header && header.session > session)) return;
    }
  } catch {
    // The topic is gone, or the log is: nobody takes over there.
  } finally {
    clearInterval(look);
  }
}

/** Whether two encoders can read it at once. What calls us, or is plugged into one machine, comes once. */
export function canBeReadTwice(source: Source): boolean {
  switch (source.kind) {
    case 'test':
    case 'file':
      return true;
    case 'url':
      return !/^srt:[^?]*[?](.*&)?mode=(listener|rendezvous)(&|$)/is.test(source.url);
    case 'device':
    case 'topic':
      return false;
  }
}
