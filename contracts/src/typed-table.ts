import { parseJson } from './json.js';

/** The latest text of each key. The tables of the log are of this kind. */
export interface KeyValueTable {
  get(key: string): string | undefined;
  entries(): IterableIterator<[key: string, value: string]>;
  /**
   * The listener is called after each change, including those of other processes. Returns a function that removes it.
   */
  onChange(listener: (key: string, value: string | undefined) => void): () => void;
  /** Resolves when the change is durable and this table shows it. */
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Describes the rows of one kind. Several kinds may share a table, each with its own prefix. */
export interface RowKind<Name extends string, Row> {
  readonly prefix: string;
  readonly isName: (text: string) => text is Name;
  readonly schema: {
    safeParse(
      value: unknown,
    ): { readonly success: true; readonly data: Row } | { readonly success: false; readonly error: Error };
  };
  /** For rows that contain their own name: a row under another name is damaged. */
  readonly nameOf?: (row: Row) => string;
  /** Whether a row is older than the row it would replace. Absent: the last one written counts. */
  readonly isLate?: (row: Row, newest: Row) => boolean;
  /**
   * Which of the creations of its name a row belongs to; undefined if that is unknown. Once a tombstone has ended a
   * creation, all its rows are late.
   */
  readonly creationOf?: (row: Row) => string | undefined;
}

/** Of the last ones, because a write reaches the log within minutes or never. */
const MOST_ENDED_CREATIONS = 1_000;

type Listener<Name, Row> = (name: Name, row: Row | undefined) => void;

/**
 * The rows of one kind in a table, each read and checked once. An unreadable row (damaged, or of a newer version) is
 * reported and changes nothing: the last readable row stays, because a stream that is on air must not end with one
 * flipped bit or in the middle of an update. A late row counts as never written; a tombstone clears the way for any row
 * but those of the creation that it ends.
 */
export class TypedTable<Name extends string, Row> {
  readonly #table: KeyValueTable;
  readonly #kind: RowKind<Name, Row>;
  readonly #onDamaged: (name: Name, error: Error) => void;
  readonly #rows = new Map<Name, Row>();
  readonly #listeners = new Set<Listener<Name, Row>>();
  readonly #overwritten = new Map<Name, Row>();
  /** Creations that a tombstone has ended, the oldest first. */
  readonly #ended = new Set<string>();
  readonly #onLate = new Set<(name: Name) => void>();
  readonly #writes = new Set<Write>();
  readonly #unlisten: () => void;

  constructor(
    table: KeyValueTable,
    kind: RowKind<Name, Row>,
    onDamaged: (name: Name, error: Error) => void = () => undefined,
  ) {
    this.#table = table;
    this.#kind = kind;
    this.#onDamaged = onDamaged;
    this.#unlisten = table.onChange((key, value) => this.#take(key, value));
    for (const [key, value] of table.entries()) this.#take(key, value);
  }

  get(name: Name): Row | undefined {
    return this.#rows.get(name);
  }

  /** In step with the table, for callers that only read. */
  get rows(): ReadonlyMap<Name, Row> {
    return this.#rows;
  }

  /** The late rows that the table itself holds, in place of what is shown here: another row, or none. */
  get overwritten(): ReadonlyMap<Name, Row> {
    return this.#overwritten;
  }

  /** The listener is called after each change of a row. Returns a function that removes it. */
  onChange(listener: Listener<Name, Row>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The listener is called when a late row was ignored. The table itself keeps the late row, and everybody who opens
   * the table later sees only that. So the writer of the newer row writes it again.
   */
  onLate(listener: (name: Name) => void): () => void {
    this.#onLate.add(listener);
    return () => this.#onLate.delete(listener);
  }

  /** Resolves when the row is durable: with true if it was shown, with false if it was late. */
  async put(name: Name, row: Row): Promise<boolean> {
    const write: Write = { key: this.#kind.prefix + name, value: JSON.stringify(row), counts: undefined };
    this.#writes.add(write);
    try {
      await this.#table.put(write.key, write.value);
    } finally {
      this.#writes.delete(write);
    }
    // The table does not report a row that is the same as the one before.
    return write.counts ?? (this.#table.get(write.key) === write.value && !this.#overwritten.has(name));
  }

  delete(name: Name): Promise<void> {
    return this.#table.delete(this.#kind.prefix + name);
  }

  /** Stop following the table. */
  close(): void {
    this.#unlisten();
  }

  #take(key: string, value: string | undefined): void {
    const { prefix, isName } = this.#kind;
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
    if (name === undefined || !isName(name)) return;
    if (value === undefined) {
      for (const row of [this.#rows.get(name), this.#overwritten.get(name)]) this.#endCreation(name, row);
      this.#show(name, undefined);
      return;
    }
    const counts = this.#takeRow(name, value);
    for (const write of this.#writes) {
      if (write.key === key && write.value === value) write.counts ??= counts;
    }
  }

  /** @returns whether the row counts */
  #takeRow(name: Name, value: string): boolean {
    const row = this.#read(name, value);
    if (!row) {
      // It may be of a newer version, which must not be undone.
      this.#overwritten.delete(name);
      return false;
    }
    if (this.#isLate(name, row)) {
      this.#overwritten.set(name, row);
      for (const tell of [...this.#onLate]) tell(name);
      return false;
    }
    this.#show(name, row);
    return true;
  }

  #isLate(name: Name, row: Row): boolean {
    const creation = this.#creation(name, row);
    if (creation !== undefined && this.#ended.has(creation)) return true;
    const newest = this.#rows.get(name);
    return newest !== undefined && this.#kind.isLate?.(row, newest) === true;
  }

  #endCreation(name: Name, row: Row | undefined): void {
    const creation = row && this.#creation(name, row);
    if (creation === undefined) return;
    this.#ended.add(creation);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MOST_ENDED_CREATIONS) return;
      this.#ended.delete(oldest);
    }
  }

  /** Two names may have the same creation, because other programs write rows too. */
  #creation(name: Name, row: Row): string | undefined {
    const creation = this.#kind.creationOf?.(row);
    return creation && `${name} ${creation}`;
  }

  #read(name: Name, value: string): Row | undefined {
    const { schema, nameOf } = this.#kind;
    const result = schema.safeParse(parseJson(value));
    if (result.success && (nameOf?.(result.data) ?? name) === name) return result.data;
    this.#onDamaged(name, result.success ? new TypeError('it has another name in it') : result.error);
    return undefined;
  }

  #show(name: Name, row: Row | undefined): void {
    this.#overwritten.delete(name);
    if (row === undefined) this.#rows.delete(name);
    else this.#rows.set(name, row);
    for (const tell of [...this.#listeners]) tell(name, row);
  }
}

/** A write under way; `counts` is set when the table shows it. */
interface Write {
  readonly key: string;
  readonly value: string;
  counts: boolean | undefined;
}
