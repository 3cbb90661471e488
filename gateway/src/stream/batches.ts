import type { LiveChunk } from './live-chunk.js';
import type { Protocol } from './protocol.js';

interface Source {
  readonly end: number;
  at(index: number): LiveChunk;
}

/** Viewers at this many places share what they get at the same moment; others get their own copy. */
const MOST_BATCHES = 8;
/** More chunks than fit into one write. */
const MOST_CHUNKS = 65_536;

/**
 * The frames of several chunks in one piece, so that one write of one buffer sends them. Viewers that get the same
 * chunks at the same time share the piece, and nearly all do. It is dropped when the next chunk comes.
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

/** Only the last chunk asks for an acknowledgement: its answer covers the earlier ones. */
function rawFrames(chunks: readonly LiveChunk[]): Buffer[] {
  const asking = chunks.findLast(({ asksForAck }) => asksForAck);
  return chunks.map((chunk) => (chunk === asking ? chunk.rawFrame : chunk.rawMessage));
}
