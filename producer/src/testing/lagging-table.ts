import type { KeyValueTable } from '@topicast/contracts/typed-table';

/** As the log has it. */
export type Change = readonly [key: string, value: string | undefined];

/** A table in one process, which shows the log's changes when that process reads them. */
export class LaggingTable implements KeyValueTable {
  readonly #write: (change: Change) => void;
  readonly #rows = new Map<string, string>();
  readonly #listeners = new Set<(key: string, value: string | undefined) => void>();
  position = 0;

  constructor(
    readonly log: readonly Change[],
    write: (change: Change) => void = () => undefined,
  ) {
    this.#write = write;
  }

  /** Read on, at most this many changes. */
  read(most = Number.POSITIVE_INFINITY): void {
    for (const [key, value] of this.log.slice(this.position, this.position + most)) {
      this.position++;
      if (this.#rows.get(key) === value) continue;
      if (value === undefined) this.#rows.delete(key);
      else this.#rows.set(key, value);
      for (const tell of this.#listeners) tell(key, value);
    }
  }

  get = (key: string): string | undefined => this.#rows.get(key);
  entries = (): IterableIterator<[string, string]> => this.#rows.entries();
  onChange(listener: (key: string, value: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async put(key: string, value: string): Promise<void> {
    this.#write([key, value]);
  }
  async delete(key: string): Promise<void> {
    this.#write([key, undefined]);
  }
}
