import type { StreamId } from '@topicast/contracts/stream-id';
import type { ChunkLog } from '@topicast/log';
import { hashOf } from '@topicast/test/byte-exact-viewer';
import { numberedBytes } from '@topicast/test/numbered-chunks';
import type { Service } from './child-process.js';
import type { NumberedStream } from './numbered-publisher.js';
import type { Acknowledged } from './verdict.js';

/** A running system, with a stream of pictures and one of numbered chunks. */
export interface Stage {
  readonly picture: StreamId;
  readonly numbers: StreamId;
  /** Of all gateways: `ws://127.0.0.1:port/live/stream`. */
  addresses(stream: StreamId): string[];
  /** The processes under test that run now. */
  services(): readonly Service[];
  /** Stops the numbered chunks; resolves with all that were ever acknowledged. */
  stopPublishing(): Promise<Acknowledged[]>;
  /** The pictures in the log from an offset on. */
  readPictures(from: number): Promise<Acknowledged[]>;
  close(): Promise<void>;
}

/** Collects what `publishNumbered` tells. */
export class Acknowledgements {
  readonly #ranges: { readonly from: number; readonly to: number }[] = [];
  stopped = false;
  #overflowed = false;

  constructor(readonly numbered: NumberedStream) {}

  readonly line = (line: string): void => {
    const [word, from, to] = line.split(' ');
    if (word === 'ack') this.#ranges.push({ from: Number(from), to: Number(to) });
    if (word === 'full') this.#overflowed = true;
    if (word === 'stopped') this.stopped = true;
  };

  get count(): number {
    return this.#ranges.length;
  }

  /** @throws {Error} if a producer's queue would have dropped chunks */
  chunks(): Acknowledged[] {
    if (this.#overflowed)
      throw new Error("nothing was acknowledged for longer than a producer's queue lasts");
    const { session, chunkBytes } = this.numbered;
    return this.#ranges.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, n) => {
        const sequence = from + n;
        return { session, sequence, hash: hashOf(numberedBytes(session, sequence, chunkBytes)) };
      }),
    );
  }
}

/** Everything that is in rendition 0 of a stream from an offset on. */
export async function readChunks(log: ChunkLog, stream: StreamId, from: number): Promise<Acknowledged[]> {
  const { next } = await log.bounds(stream, 0);
  const found: Acknowledged[] = [];
  const stop = new AbortController();
  for await (const batch of log.tail(stream, 0, { at: 'offset', offset: from }, stop.signal)) {
    for (const { header, value, offset } of batch) {
      if (header && offset < next) found.push({ ...header, hash: hashOf(value) });
    }
    if (batch.at(-1)!.offset >= next - 1) stop.abort();
  }
  return found;
}
