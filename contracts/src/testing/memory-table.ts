import type { KeyValueTable } from '../typed-table.js';

/** A table in memory that shows each change at once. */
export class MemoryTable implements KeyValueTable {
  readonly #rows: Map<string, string>;
  readonly #listeners = new Set<(key: string, value: string | undefined) => void>();

  constructor(rows: readonly (readonly [key: string, value: string])[] = []) {
    this.#rows = new Map(rows);
  }

  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  entries(): IterableIterator<[key: string, value: string]> {
    return this.#rows.entries();
  }

  onChange(listener: (key: string, value: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async put(key: string, value: string): Promise<void> {
    this.#rows.set(key, value);
    for (const tell of this.#listeners) tell(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#rows.delete(key);
    for (const tell of this.#listeners) tell(key, undefined);
  }
}
