import type { RenditionReason } from '../core/types.js';

/** By then the viewer may be somewhere else. */
const LIFE_MS = 10 * 60_000;

interface Remembered {
  readonly rendition: number;
  readonly at: number;
}

/** What the network was too slow for, kept for this tab's next visit to the stream. */
export class Memory {
  readonly #key: string;

  constructor(address: string) {
    this.#key = `topicast:${address}`;
  }

  /** The rendition that got through, if a better one did not. */
  get rendition(): number | undefined {
    try {
      const { rendition, at } = JSON.parse(sessionStorage.getItem(this.#key) ?? '') as Partial<Remembered>;
      return Number.isInteger(rendition) && Date.now() - Number(at) < LIFE_MS ? rendition : undefined;
    } catch {
      // Nothing there, or the page may not keep anything.
      return undefined;
    }
  }

  keep(rendition: number | undefined, reason: RenditionReason): void {
    try {
      if (rendition === undefined || reason !== 'network') sessionStorage.removeItem(this.#key);
      else sessionStorage.setItem(this.#key, JSON.stringify({ rendition, at: Date.now() }));
    } catch {
      // The page may not keep anything.
    }
  }
}
