import { readFileSync } from 'node:fs';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds, ticksToMs } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { appender } from './appender.js';

/** The chunks of an MPEG-TS file. */
export function chunksOfFile(file: string): Chunk[] {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(readFileSync(file));
  chunker.end();
  return chunks;
}

/**
 * Plays an MPEG-TS file once, as a stream: each chunk is appended when its decode time comes, and says that it was
 * taken in at that moment.
 */
export async function startReplaySource(
  log: ChunkLog,
  name: string,
  file: string,
): Promise<{ close(): void }> {
  const id = streamId(name);
  await log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
  const chunks = chunksOfFile(file);
  const startedAt = Date.now();
  const append = appender(log, id, startedAt);
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const dueAt = (chunk: Chunk) => startedAt + ticksToMs(chunk.decodeTime) - ticksToMs(chunks[0]!.decodeTime);
  const play = () => {
    const now = performance.timeOrigin + performance.now();
    for (; next < chunks.length && dueAt(chunks[next]!) <= now; next += 1) append(chunks[next]!, now);
    if (next < chunks.length) timer = setTimeout(play, Math.max(0, dueAt(chunks[next]!) - now));
  };
  play();
  return { close: () => clearTimeout(timer) };
}
