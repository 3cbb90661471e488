import { LogError, type Table } from '../chunk-log.js';
import { TableView } from '../table-view.js';

/** A table whose rows end with this process: for rows that speak of nothing else. A full disk does not stop it. */
export class MemoryTable implements Table {
  readonly #view = new TableView();
  #closed = false;

  get(key: string): string | undefined {
    return this.#view.get(key);
  }

  entries(): IterableIterator<[key: string, value: string]> {
    return this.#view.entries();
  }

  onChange(listener: (key: string, value: string | undefined) => void): () => void {
    return this.#view.onChange(listener);
  }

  put(key: string, value: string): Promise<void> {
    return this.#change(key, value);
  }

  delete(key: string): Promise<void> {
    return this.#change(key, undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #change(key: string, value: string | undefined): Promise<void> {
    if (this.#closed) throw new LogError('closed', 'the log is closed');
    // As with every other table, listeners hear of it when the writer has gone on.
    await Promise.resolve();
    this.#view.apply(key, value);
  }
}
