import type { Share } from '../chunk-log.js';

/** All rows of a table, for the only process that has the log open. */
export class WholeShare implements Share {
  readonly confirmed = true;
  readonly #listeners = new Set<() => void>();
  #left = false;

  owns(): boolean {
    return !this.#left;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    for (const listener of [...this.#listeners]) listener();
  }
}
