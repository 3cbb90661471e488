import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamId } from '@topicast/contracts/stream-id';
import { type ChunkLog, LogError, type NewRecord } from '@topicast/log';
import { CHUNKS_A_SECOND, numberedChunk } from '@topicast/test/numbered-chunks';
import { QUEUE_SECONDS } from './settings.js';

const RETRY_MS = 200;
const MOST_AT_ONCE = 60;

export interface NumberedStream {
  readonly stream: StreamId;
  readonly session: number;
  readonly chunkBytes: number;
}

/**
 * Append numbered chunks in real time until the signal aborts, like a producer: one append in flight, and a failed one
 * repeated with the identical batch. `told` gets `ack FROM TO` (sequence numbers) for chunks that the log has accepted,
 * and `full` once if more chunks wait than a producer's queue holds.
 */
export async function publishNumbered(
  log: ChunkLog,
  { stream, session, chunkBytes }: NumberedStream,
  signal: AbortSignal,
  told: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  const due = (): number => Math.floor(((performance.now() - began) / 1000) * CHUNKS_A_SECOND);
  for (let next = 0; ; ) {
    const waiting = due() - next;
    if (waiting > QUEUE_SECONDS * CHUNKS_A_SECOND) told('full');
    if (waiting <= 0) {
      if (signal.aborted) return;
      await sleep(5);
      continue;
    }
    const batch = Array.from({ length: Math.min(waiting, MOST_AT_ONCE) }, (_, n) =>
      numberedChunk(session, next + n, chunkBytes, Date.now()),
    );
    if (!(await append(log, stream, batch, signal))) return;
    told(`ack ${next} ${next + batch.length - 1}`);
    next += batch.length;
  }
}

/** @returns false if the signal aborted before the log accepted it. */
async function append(
  log: ChunkLog,
  stream: StreamId,
  batch: readonly NewRecord[],
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    try {
      await log.append(stream, 0, batch);
      return true;
    } catch (error) {
      const passes = error instanceof LogError && (error.code === 'unavailable' || error.code === 'full');
      if (!passes) throw error;
      if (signal.aborted) return false;
      await sleep(RETRY_MS);
    }
  }
}
