import { TableView } from '../table-view.js';

/** A table of the log at the other end, kept in step. */
export class RemoteTable extends TableView {
  readonly #send: (key: string, value: string | undefined) => Promise<void>;

  constructor(send: (key: string, value: string | undefined) => Promise<void>) {
    super();
    this.#send = send;
  }

  /** A row, or a change, that the log reports. */
  onRow(key: string, value: string | undefined): void {
    this.apply(key, value);
  }

  /** The change comes back before the answer does. */
  protected override change(key: string, value: string | undefined): Promise<void> {
    return this.#send(key, value);
  }
}
