import { LogError, type Table } from './chunk-log.js';

type Listener = (key: string, value: string | undefined) => void;

/** The rows of a table in memory, and the listeners for changes; all kinds of tables share this. */
export abstract class TableView implements Table {
  readonly #rows = new Map<string, string>();
  readonly #listeners = new Set<Listener>();

  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  entries(): IterableIterator<[key: string, value: string]> {
    return this.#rows.entries();
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(key: string, value: string): Promise<void> {
    return this.change(key, value);
  }

  delete(key: string): Promise<void> {
    return this.change(key, undefined);
  }

  /** Make a change as durable as this kind of table is; undefined deletes the row. Resolves when the table shows it. */
  protected abstract change(key: string, value: string | undefined): Promise<void>;

  /** Show a change; undefined deletes the row. A write that changes nothing is not reported. Never throws. */
  protected apply(key: string, value: string | undefined): void {
    if (this.#rows.get(key) === value) return;
    if (value === undefined) this.#rows.delete(key);
    else this.#rows.set(key, value);
    for (const listener of [...this.#listeners]) tell(listener, key, value);
  }
}

function tell(listener: Listener, key: string, value: string | undefined): void {
  try {
    listener(key, value);
  } catch (error) {
    // A listener's error must surface, but neither end the table nor keep the change from other listeners.
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Kafka's rules for topic names; the embedded log makes file names of them. @throws {LogError} `invalid` */
export function checkTableName(name: string): void {
  if (!/^[\w.-]{1,200}$/.test(name) || name === '.' || name === '..') {
    throw new LogError(
      'invalid',
      `"${name.slice(0, 80)}" is not a table name: use 1 to 200 of a-z, A-Z, 0-9, ".", "_" and "-"`,
    );
  }
}
