import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { comparePositions } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { pictureTime } from './continuity.js';
import { isNews, type Place, positionOf } from './order.js';

export type Jump = Extract<ServerMessage, { type: 'jump' }>;

/** What to hand on. */
export interface Merged {
  readonly way: number;
  readonly chunk: ChunkMessage;
  /** What no way has brought was left out before this chunk. */
  readonly jump: Jump | undefined;
}

interface Held {
  readonly chunk: ChunkMessage;
  /** Announced before it on its way. */
  readonly jump: Jump | undefined;
  readonly since: Milliseconds;
}

interface Way {
  isOpen: boolean;
  /** The chunk before the next one of this way, wherever the others are. */
  before: Place | undefined;
  /** Announced before the next chunk. */
  jump: Jump | undefined;
  /** From a chunk on that does not continue what was handed on: another way may have what is missing. */
  held: Held[];
}

/** Session 0 numbers nothing (PROTOCOL 2). */
const UNNUMBERED_SESSION = 0;
/** A way that has not brought what is missing by now has lost it, or comes too late. */
const HOLD_MS = 500;
/** Of all ways together. */
const MOST_HELD = 600;
/** After such a silence, a way that jumps back brings something else: its topic was made anew. */
const STALE_MS = 10_000;
const UNKNOWN_GAP: Jump = { type: 'jump', reason: 'lost', skipped: 0 };

/**
 * One stream from several ways that bring the same chunks: in order, each chunk once, and whatever any of them brings in
 * time. Each way is in order; only a jump leaves something out. So the next chunk is the one that continues what was
 * handed on, whoever brings it first, and what follows a jump waits until another way has brought what is missing, or no
 * way will (docs/design/two-ways.md).
 */
export class Merge {
  readonly #ways: readonly Way[];
  #last: Place | undefined;
  #sequence = 0;
  #at: Milliseconds = milliseconds(0);

  constructor(ways: number) {
    this.#ways = Array.from({ length: ways }, () => ({
      ...{ isOpen: false, before: undefined, jump: undefined, held: [] },
    }));
  }

  /** How many chunks wait for others. */
  get held(): number {
    return this.#ways.reduce((sum, { held }) => sum + held.length, 0);
  }

  /** @param resumes it continues at a place that was reached */
  open(way: number, resumes: boolean): void {
    Object.assign(this.#ways[way]!, {
      isOpen: true,
      before: resumes ? this.#last : undefined,
      jump: resumes || !this.#last ? undefined : UNKNOWN_GAP,
      held: [],
    });
  }

  /** What this way has brought stays; it will bring nothing more. */
  close(way: number, now: Milliseconds): Merged[] {
    this.#ways[way]!.isOpen = false;
    return this.#handOn(now);
  }

  /** The next chunk of this way does not continue the previous one. */
  jump(way: number, jump: Jump): void {
    this.#ways[way]!.jump = jump;
  }

  add(way: number, chunk: ChunkMessage, now: Milliseconds): Merged[] {
    const entered = this.#ways[way]!;
    const newest = entered.held.at(-1)?.chunk;
    // It has a new connection, which brings once more what the old one has left out, and all that follows.
    if (newest && newest.rendition === chunk.rendition && isBefore(chunk, newest)) entered.held = [];
    entered.held.push({ chunk, jump: entered.jump, since: now });
    entered.jump = undefined;
    return this.#handOn(now);
  }

  /** Continue nothing: the next chunk is the first. */
  forget(): void {
    this.#last = undefined;
    for (const way of this.#ways) Object.assign(way, { before: undefined, jump: undefined, held: [] });
  }

  #handOn(now: Milliseconds): Merged[] {
    const merged: Merged[] = [];
    const take = (index: number, jump?: Jump) => {
      const { chunk } = this.#shift(index);
      merged.push({
        way: index,
        chunk,
        jump: jump && { ...jump, skipped: this.#missing(chunk) ?? jump.skipped },
      });
      this.#last = placeOf(chunk, this.#last);
      this.#sequence = chunk.header.sequence;
      this.#at = now;
    };
    for (;;) {
      for (let index = 0; index < this.#ways.length; index += 1) {
        for (let next = this.#next(index, now); next !== 'wait'; next = this.#next(index, now)) {
          if (next === 'repeat') this.#shift(index);
          else take(index, next === 'first' ? this.#ways[index]!.held[0]!.jump : undefined);
          // What another way holds may follow.
          if (next !== 'repeat') index = 0;
        }
      }
      const released = this.#released(now);
      if (released === undefined) return merged;
      take(released, this.#ways[released]!.held[0]!.jump);
    }
  }

  #shift(index: number): Held {
    const way = this.#ways[index]!;
    const held = way.held.shift()!;
    way.before = placeOf(held.chunk, way.before);
    return held;
  }

  /** What the first held chunk of this way is. */
  #next(index: number, now: Milliseconds): 'first' | 'follows' | 'repeat' | 'wait' {
    const { held, before } = this.#ways[index]!;
    const [first] = held;
    const last = this.#last;
    if (!first) return 'wait';
    if (!last) return 'first';
    const { chunk, jump } = first;
    if (!isNews(chunk, last)) return jump && now - this.#at > STALE_MS ? 'wait' : 'repeat';
    return this.#follows(chunk, last, jump ? undefined : before) ? 'follows' : 'wait';
  }

  /** @param before the chunk before it, if nothing was left out between the two */
  #follows(chunk: ChunkMessage, last: Place, before: Place | undefined): boolean {
    const missing = this.#missing(chunk);
    if (missing !== undefined) return missing === 0;
    const { position } = last;
    return (
      before?.position.rendition === position.rendition &&
      before.position.session === position.session &&
      comparePositions(before.position, position) <= 0
    );
  }

  /** Chunks between what was handed on and this one; undefined if that cannot be counted. */
  #missing({ rendition, header }: ChunkMessage): number | undefined {
    const { session } = header;
    const isSame = rendition === this.#last?.position.rendition && session === this.#last.position.session;
    return isSame && session !== UNNUMBERED_SESSION ? header.sequence - this.#sequence - 1 : undefined;
  }

  /** The way whose first held chunk goes on although something is missing before it. */
  #released(now: Milliseconds): number | undefined {
    let lowest: { readonly index: number; readonly held: Held } | undefined;
    for (const [index, { held }] of this.#ways.entries()) {
      const [first] = held;
      if (first && (!lowest || isBefore(first.chunk, lowest.held.chunk))) lowest = { index, held: first };
    }
    if (!lowest) return undefined;
    const { jump, since } = lowest.held;
    const othersMayHaveIt = this.#ways.some(({ isOpen, held }) => isOpen && held.length === 0);
    const waits = jump?.reason !== 'seek' && now - since <= HOLD_MS && this.held <= MOST_HELD;
    return othersMayHaveIt && waits ? undefined : lowest.index;
  }
}

const placeOf = (chunk: ChunkMessage, before: Place | undefined): Place => ({
  position: positionOf(chunk),
  decodeTime: pictureTime(chunk, before),
});

/** Positions of different renditions have no order. */
function isBefore(a: ChunkMessage, b: ChunkMessage): boolean {
  if (a.header.session !== b.header.session) return a.header.session < b.header.session;
  if (a.rendition === b.rendition) return comparePositions(a, b) < 0;
  return a.header.decodeTime < b.header.decodeTime;
}
