import { join } from 'node:path';
import type { Logger } from 'pino';
import { LogError } from '../chunk-log.js';
import { TableView } from '../table-view.js';
import { diskError } from './disk-errors.js';
import { writeDurably } from './durable-file.js';
import type { Reserve } from './reserve.js';
import { formatRows, readRows } from './table-file.js';

interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly done: () => void;
  readonly failed: (error: LogError) => void;
}

interface FileTableOptions {
  /** Where the file is. */
  readonly directory: string;
  readonly reserve: Reserve;
  readonly logger: Logger;
}

/**
 * A table as one file, replaced as a whole and flushed at each change, so that it outlives a power cut: tables are
 * small and are what cannot be made again. Changes that come while one is being written share the next writing. A full
 * disk does not stop them.
 */
export class FileTable extends TableView {
  readonly #options: FileTableOptions;
  readonly #path: string;
  #waiting: Change[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: FileTableOptions, name: string) {
    super();
    this.#options = options;
    this.#path = join(options.directory, `${name}.json`);
  }

  static async open(options: FileTableOptions, name: string): Promise<FileTable> {
    const table = new FileTable(options, name);
    for (const [key, value] of await readRows(table.#path, options)) table.apply(key, value);
    return table;
  }

  /** Resolves when everything that was put has been written or has failed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  protected override change(key: string, value: string | undefined): Promise<void> {
    if (this.#closed) return Promise.reject(new LogError('closed', 'the log is closed'));
    return new Promise((done, failed) => {
      this.#waiting.push({ key, value, done, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const changes = this.#waiting;
      this.#waiting = [];
      await this.#write(changes);
    }
    this.#writing = undefined;
  }

  async #write(changes: readonly Change[]): Promise<void> {
    const rows = new Map(this.entries());
    for (const { key, value } of changes) {
      if (value === undefined) rows.delete(key);
      else rows.set(key, value);
    }
    try {
      await this.#options.reserve.lend(() => writeDurably(this.#path, formatRows(rows)));
    } catch (cause) {
      const error = diskError(cause, this.#options.directory);
      for (const { failed } of changes) failed(error);
      return;
    }
    for (const { key, value, done } of changes) {
      this.apply(key, value);
      done();
    }
  }
}
