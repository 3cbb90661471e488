import type { ChunkHeader } from '@topicast/contracts/chunk-header';

/** Why a chunk does not continue the previous one, and how many chunks are missing (0 if unknown). */
export interface Gap {
  readonly reason: 'lost' | 'session';
  readonly missing: number;
}

type Verdict =
  | { readonly kind: 'take'; readonly gap: Gap | undefined }
  /**
   * `repeat`: this chunk came before; `stale`: from an encoder that was replaced; `undecodable`: after a gap, before a
   * keyframe.
   */
  | { readonly kind: 'drop'; readonly reason: 'repeat' | 'stale' | 'undecodable' };

/**
 * Ensures that no chunk is delivered twice and no loss stays hidden, whatever the log did (contracts/PROTOCOL.md, 2).
 * It accepts a chunk only if its (session, sequence) is above the last one, and after a gap only from a keyframe on.
 * The very first chunk may be any chunk, because a viewer may resume just there.
 */
export class SequenceGuard {
  #last: { readonly session: number; readonly sequence: number } | undefined;
  #gap: Gap | undefined;
  /** Chunks of the sessions seen that never came. */
  lost = 0;

  judge({ session, sequence, keyframe }: ChunkHeader): Verdict {
    const last = this.#last;
    if (last && session < last.session) return { kind: 'drop', reason: 'stale' };
    if (last && session === last.session && sequence <= last.sequence)
      return { kind: 'drop', reason: 'repeat' };
    if (last && session > last.session) this.#gap = { reason: 'session', missing: 0 };
    if (last && session === last.session && sequence > last.sequence + 1)
      this.#miss(sequence - last.sequence - 1);
    this.#last = { session, sequence };

    const gap = this.#gap;
    if (gap && !keyframe) {
      this.#gap = { reason: gap.reason, missing: gap.missing + 1 };
      return { kind: 'drop', reason: 'undecodable' };
    }
    this.#gap = undefined;
    return { kind: 'take', gap };
  }

  /** The topic was created again: what comes next is something else. */
  restart(): void {
    this.#last = undefined;
    this.#gap = { reason: 'session', missing: 0 };
  }

  #miss(chunks: number): void {
    this.lost += chunks;
    this.#gap = { reason: this.#gap?.reason ?? 'lost', missing: (this.#gap?.missing ?? 0) + chunks };
  }
}
