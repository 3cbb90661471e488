import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkLog } from '@topicast/log';

export interface SessionReader {
  /** The chunks that a reader accepts that follows PROTOCOL.md, in order. */
  readonly taken: readonly ChunkHeader[];
  /** Chunks of a session that was over. */
  readonly stale: number;
  /** Counts chunks that came twice or were missing, and sessions that did not begin with a keyframe. */
  readonly faults: number;
  close(): void;
}

/** Reads a stream from its first chunk on, and applies the rule of sessions. */
export function readSessions(log: ChunkLog, stream: StreamId): SessionReader {
  const stop = new AbortController();
  const taken: ChunkHeader[] = [];
  const counts = { stale: 0, faults: 0 };
  const take = (header: ChunkHeader): void => {
    const last = taken.at(-1);
    if (last && header.session < last.session) {
      counts.stale++;
      return;
    }
    const begins = !last || header.session > last.session;
    const follows = begins ? header.sequence === 0 && header.keyframe : header.sequence === last.sequence + 1;
    if (!follows) counts.faults++;
    taken.push(header);
  };
  const reading = async (): Promise<void> => {
    for await (const records of log.tail(stream, 0, { at: 'earliest' }, stop.signal)) {
      for (const { header } of records) if (header) take(header);
    }
  };
  void reading();
  return {
    taken,
    get stale() {
      return counts.stale;
    },
    get faults() {
      return counts.faults;
    },
    close: () => stop.abort(),
  };
}
