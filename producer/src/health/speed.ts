import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { ticksToMs } from '@topicast/contracts/units';

const WINDOW_MS = 10_000;
const ENOUGH_MS = 1_000;

interface Entry {
  readonly at: number;
  readonly mediaMs: number;
}

/** Seconds of media per second, over the last ten seconds. */
export class Speed {
  #entries: Entry[] = [];
  #session = 0;

  add({ session, decodeTime, discontinuity }: ChunkHeader, at: number): void {
    if (session !== this.#session || discontinuity) this.#entries = [];
    this.#session = session;
    this.#entries.push({ at, mediaMs: ticksToMs(decodeTime) });
    while (at - this.#entries[0]!.at > WINDOW_MS) this.#entries.shift();
  }

  /** Undefined until enough media has come. */
  get now(): number | undefined {
    const [first, last] = [this.#entries[0], this.#entries.at(-1)];
    if (!first || !last || last.at - first.at < ENOUGH_MS) return undefined;
    return (last.mediaMs - first.mediaMs) / (last.at - first.at);
  }
}
