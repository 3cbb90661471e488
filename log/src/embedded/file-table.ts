import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogError } from '../chunk-log.js';
import { TableView } from '../table-view.js';
import { diskError } from './disk-errors.js';
import { writeDurably } from './durable-file.js';

interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly done: () => void;
  readonly failed: (error: LogError) => void;
}

/**
 * A table as one JSON file, `[[key, value], ...]`, replaced as a whole and flushed at each change, so that it outlives
 * a power cut: tables are small and are what cannot be made again. Changes that come while one is being written share
 * the next writing.
 */
export class FileTable extends TableView {
  readonly #path: string;
  #waiting: Change[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(
    private readonly directory: string,
    name: string,
  ) {
    super();
    this.#path = join(directory, `${name}.json`);
  }

  static async open(directory: string, name: string): Promise<FileTable> {
    const table = new FileTable(directory, name);
    for (const [key, value] of await readRows(table.#path)) table.apply(key, value);
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
      await writeDurably(this.#path, `${JSON.stringify([...rows], undefined, 1)}\n`);
    } catch (cause) {
      const error = diskError(cause, this.directory);
      for (const { failed } of changes) failed(error);
      return;
    }
    for (const { key, value, done } of changes) {
      this.apply(key, value);
      done();
    }
  }
}

async function readRows(path: string): Promise<[string, string][]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return JSON.parse(text) as [string, string][];
  } catch (cause) {
    throw new LogError('invalid', `${path} is damaged: restore it, or delete it to begin anew`, {
      cause,
    });
  }
}
