/** The open tables of a log, one object for each name. A table that could not be opened is tried again when asked for. */
export class OpenTables<T> {
  readonly #open: (name: string) => Promise<T>;
  readonly #tables = new Map<string, Promise<T>>();

  constructor(open: (name: string) => Promise<T>) {
    this.#open = open;
  }

  get(name: string): Promise<T> {
    const known = this.#tables.get(name);
    if (known) return known;
    const opening = this.#open(name);
    this.#tables.set(name, opening);
    opening.catch(() => this.forget(name));
    return opening;
  }

  /** The next caller opens it again. */
  forget(name: string): void {
    this.#tables.delete(name);
  }

  /** Those that are open, or will be when they have been opened. */
  async all(): Promise<T[]> {
    const settled = await Promise.allSettled(this.#tables.values());
    return settled.flatMap((table) => (table.status === 'fulfilled' ? [table.value] : []));
  }
}
