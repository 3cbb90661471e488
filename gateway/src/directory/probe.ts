import type { Track } from '@topicast/contracts/catalog';
import type { StreamId } from '@topicast/contracts/stream-id';
import { ticksToSeconds } from '@topicast/contracts/units';
import type { ChunkReader } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';

export interface ProbeResult {
  readonly tracks: readonly Track[];
  /** Bits a second, where enough was seen to tell. */
  readonly bitrate: number | undefined;
}

const LONGEST_MS = 4_000;
const MOST_BYTES = 8 * 1024 * 1024;
const ENOUGH_SECONDS = 1;

/** Find out what a topic carries, from its newest keyframe on. */
export async function probe(log: ChunkReader, stream: StreamId, signal: AbortSignal): Promise<ProbeResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
  const seen = new Extent();
  const chunker = new Chunker((chunk) => seen.add(chunk));
  let bytes = 0;
  for await (const batch of log.tail(stream, 0, { at: 'keyframe' }, limit)) {
    for (const record of batch) {
      chunker.push(record.value);
      bytes += record.value.byteLength;
    }
    const { video, audio } = chunker.format;
    if ((video && audio && seen.seconds > ENOUGH_SECONDS) || bytes > MOST_BYTES) break;
  }
  return { tracks: chunker.tracks, bitrate: seen.bitrate };
}

/** How much media there is in how many bytes. */
class Extent {
  #bytes = 0;
  #first: Chunk | undefined;
  #last: Chunk | undefined;

  add(chunk: Chunk): void {
    this.#first ??= chunk;
    this.#last = chunk;
    this.#bytes += chunk.data.byteLength;
  }

  get seconds(): number {
    if (!this.#first || !this.#last) return 0;
    return ticksToSeconds(this.#last.decodeTime) - ticksToSeconds(this.#first.decodeTime);
  }

  get bitrate(): number | undefined {
    return this.seconds > ENOUGH_SECONDS / 2 ? Math.round((this.#bytes * 8) / this.seconds) : undefined;
  }
}
