import type { Track } from '@topicast/contracts/catalog';
import { Milliseconds, ticksToMs } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

/** How an encoder comes after another one that is on air, because the source has tracks that the other one lacks. */
export interface Succession {
  /** The tracks that it has to have. */
  readonly kinds: readonly Track['kind'][];
  /** How long the other one holds back what comes: the same moment is then on air before and after. */
  readonly delay: Milliseconds;
  /** The first picture is here. From now on, the other one is over. */
  readonly takeOver: () => void;
}

/** Looking, connecting, and waiting for a keyframe. */
const LONGEST_ATTEMPT_MS = 30_000;
const AGAIN_AFTER_MS = 10_000;

/** The encoder that may replace this one. There is at most one at a time, and it ends if it does not come on air. */
export class Successor<End> {
  readonly #start: (succession: Succession, signal: AbortSignal) => Promise<End>;
  readonly #onFailed: (end: End) => void;
  readonly #replaced = new AbortController();
  #attempt: { readonly end: Promise<End>; readonly cancel: AbortController } | undefined;
  #failedAt = Milliseconds.never;

  /** @param start must not reject */
  constructor(
    start: (succession: Succession, signal: AbortSignal) => Promise<End>,
    onFailed: (end: End) => void,
  ) {
    this.#start = start;
    this.#onFailed = onFailed;
  }

  /** Aborted when the other one is on air. */
  get replaced(): AbortSignal {
    return this.#replaced.signal;
  }

  /** Begin an attempt, unless there is one or was one a moment ago. */
  attempt(wanted: Omit<Succession, 'takeOver'>): void {
    if (this.#attempt || Milliseconds.now() - this.#failedAt < AGAIN_AFTER_MS) return;
    const cancel = new AbortController();
    const limit = setTimeout(() => cancel.abort(), LONGEST_ATTEMPT_MS);
    const takeOver = (): void => {
      clearTimeout(limit);
      this.#replaced.abort();
    };
    const end = this.#start({ ...wanted, takeOver }, cancel.signal);
    this.#attempt = { end, cancel };
    void end.then((how) => {
      clearTimeout(limit);
      if (this.replaced.aborted) return;
      this.#attempt = undefined;
      this.#failedAt = Milliseconds.now();
      this.#onFailed(how);
    });
  }

  /** This encoder has ended. @returns the end of the one that has replaced it; undefined: there is none, and no attempt */
  async settle(): Promise<{ readonly by: Promise<End> } | undefined> {
    if (!this.#attempt) return undefined;
    const { end, cancel } = this.#attempt;
    if (this.replaced.aborted) return { by: end };
    cancel.abort();
    await end;
    return undefined;
  }
}

/** Media time to wall time between two keyframes: below this, an encoder has not come to the live edge yet. */
const LIVE_PACE = 0.5;
/** Of each rendition: half a minute at 60 pictures a second. */
const MOST_HELD = 1_800;

/** The way of an encoder's chunks on air: open at once, or at the live edge, with all that a succession demands. */
export class Entrance {
  readonly #succession: Succession | undefined;
  readonly #goOnAir: () => void;
  readonly #push: (rendition: number, chunk: Chunk) => void;
  /** Of the lower renditions, which come before the best one: that is held back where the source comes in bursts. */
  readonly #held = new Map<number, Chunk[]>();
  #isOpen = false;
  #keyframe: { readonly at: number; readonly time: number } | undefined;

  constructor(
    succession: Succession | undefined,
    goOnAir: () => void,
    push: (rendition: number, chunk: Chunk) => void,
  ) {
    this.#succession = succession;
    this.#goOnAir = goOnAir;
    this.#push = push;
    if (!succession) this.#open();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  push(rendition: number, chunk: Chunk, tracks: readonly Track[]): void {
    if (this.#isOpen) {
      this.#push(rendition, chunk);
    } else if (rendition > 0) {
      const held = this.#held.get(rendition) ?? [];
      held.push(chunk);
      if (held.length > MOST_HELD) held.shift();
      this.#held.set(rendition, held);
    } else if (chunk.keyframe && !chunk.audioOnly && this.#isAtLiveEdge(chunk) && this.#isWhole(tracks)) {
      this.#open();
      this.#push(rendition, chunk);
      // What is older than the first picture has no place there, and is left out.
      for (const [lower, chunks] of this.#held) for (const each of chunks) this.#push(lower, each);
      this.#held.clear();
    }
  }

  /** What ffmpeg has read to find the tracks comes at once, and has been on air already. */
  #isAtLiveEdge({ decodeTime }: Chunk): boolean {
    const before = this.#keyframe;
    this.#keyframe = { at: performance.now(), time: ticksToMs(decodeTime) };
    if (!before) return false;
    return this.#keyframe.at - before.at >= (this.#keyframe.time - before.time) * LIVE_PACE;
  }

  #isWhole(tracks: readonly Track[]): boolean {
    return this.#succession?.kinds.every((kind) => tracks.some((track) => track.kind === kind)) === true;
  }

  #open(): void {
    this.#isOpen = true;
    this.#succession?.takeOver();
    this.#goOnAir();
  }
}
