import { LogError } from '../chunk-log.js';
import { TableView } from '../table-view.js';

/** A table whose rows end with this process: for rows that speak of nothing else. A full disk does not stop it. */
export class MemoryTable extends TableView {
  #closed = false;

  async close(): Promise<void> {
    this.#closed = true;
  }

  protected override async change(key: string, value: string | undefined): Promise<void> {
    if (this.#closed) throw new LogError('closed', 'the log is closed');
    // As with every other table, listeners hear of it when the writer has gone on.
    await Promise.resolve();
    this.apply(key, value);
  }
}
