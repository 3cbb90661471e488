import type { Source } from '@topicast/contracts/http';
import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkReader } from '@topicast/log';
import { isCalled } from '@topicast/sources';

/** Less than the ten seconds that `docker stop` gives a container. */
export const HAND_OVER_LIMIT = milliseconds(8_000);
const LOOK_EVERY_MS = 200;

interface HandOver {
  readonly log: Pick<ChunkReader, 'tail'>;
  readonly stream: StreamId;
  /** The session that the successor follows. */
  readonly session: number;
  /** Whether somebody should and can take over; asked repeatedly. */
  readonly isExpected: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Wait until a successor's chunks are in the log. The first of them is a keyframe, so an encoder that continues until
 * then leaves no gap. Also resolves when no successor can be expected, and after 8 s. Never rejects.
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
    // The topic or the log is gone, so nobody takes over there.
  } finally {
    clearInterval(look);
  }
}

/** Whether two encoders can read the source at once. A caller, or a device in one machine, comes only once. */
export function canBeReadTwice(source: Source): boolean {
  switch (source.kind) {
    case 'test':
    case 'file':
      return true;
    case 'url':
      return isCalled(source.url);
    case 'device':
    case 'ingest':
    case 'topic':
      return false;
  }
}

/** Whether an encoder of the one can go on while one of the other starts. */
export const canBeReadTogether = (one: Source, other: Source): boolean =>
  canBeReadTwice(one) || canBeReadTwice(other);
