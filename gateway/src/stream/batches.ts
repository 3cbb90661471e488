import type { LiveChunk } from './live-chunk.js';
import type { Protocol } from './protocol.js';

interface Source {
  readonly end: number;
  at(index: number): LiveChunk;
}

/** Viewers at that many places may share what they get in the same moment; others have a copy of their own. */
const MOST_BATCHES = 8;
/** More chunks than fit into a write. */
const MOST_CHUNKS = 65_536;

/**
 * The frames of several chunks in one piece, so that they are one write of one buffer. Viewers that get the same at the
 * same time, and nearly all do, share it. It is forgotten when the next chunk comes.
 */
export class Batches {
  readonly #ring: Source;
  readonly #batches: Record<Protocol, Map<number, Buffer>> = { raw: new Map(), v1: new Map() };
  #end = -1;

  constructor(ring: Source) {
    this.#ring = ring;
  }

  /** The frames of the chunks `from` up to, not including, `to`. */
  frames(protocol: Protocol, from: number, to: number): Buffer {
    if (to - from === 1) return protocol === 'v1' ? this.#ring.at(from).frame : this.#ring.at(from).rawFrame;
    if (this.#ring.end !== this.#end) this.#forget();
    const batches = this.#batches[protocol];
    const key = from * MOST_CHUNKS + (to - from);
    const known = batches.get(key);
    if (known) return known;
    const chunks = Array.from({ length: to - from }, (_, n) => this.#ring.at(from + n));
    const batch = Buffer.concat(protocol === 'v1' ? chunks.map(({ frame }) => frame) : rawFrames(chunks));
    if (batches.size < MOST_BATCHES) batches.set(key, batch);
    return batch;
  }

  #forget(): void {
    this.#end = this.#ring.end;
    this.#batches.raw.clear();
    this.#batches.v1.clear();
  }
}

/** With the last question only: its answer answers those before. */
function rawFrames(chunks: readonly LiveChunk[]): Buffer[] {
  const asking = chunks.findLast(({ asksForAck }) => asksForAck);
  return chunks.map((chunk) => (chunk === asking ? chunk.rawFrame : chunk.rawMessage));
}
