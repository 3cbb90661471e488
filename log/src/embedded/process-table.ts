import { LogError } from '../chunk-log.js';
import { TableView } from '../table-view.js';

/**
 * A table whose rows end with this process, for rows that are only about this process. A full disk does not stop it.
 */
export class ProcessTable extends TableView {
  #closed = false;

  async close(): Promise<void> {
    this.#closed = true;
  }

  protected override async change(key: string, value: string | undefined): Promise<void> {
    if (this.#closed) throw new LogError('closed', 'the log is closed');
    // As with every other table, listeners are called after the writer has continued.
    await Promise.resolve();
    this.apply(key, value);
  }
}
