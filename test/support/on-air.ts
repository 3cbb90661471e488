import type { StreamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { producerKey, type StreamStatus } from '@topicast/contracts/tables';
import type { KeyValueTable } from '@topicast/contracts/typed-table';

const PRODUCER = 'of-the-test';
/** Often enough for everybody to believe that it lives. */
const BEAT_MS = 2_000;

/** What a producer says about a stream whose chunks the test writes itself. */
export class OnAir implements Disposable {
  readonly #tables: StreamTables;
  readonly #stream: StreamId;
  readonly #heart: NodeJS.Timeout;

  private constructor(tables: StreamTables, stream: StreamId, beat: () => Promise<void>) {
    this.#tables = tables;
    this.#stream = stream;
    this.#heart = setInterval(() => void beat().catch(() => undefined), BEAT_MS);
  }

  /** The stream is live from now on. */
  static async begin(
    tables: { readonly streams: KeyValueTable; readonly status: KeyValueTable },
    stream: StreamId,
  ): Promise<OnAir> {
    const beat = () =>
      tables.status.put(producerKey(PRODUCER), JSON.stringify({ at: new Date().toISOString() }));
    await beat();
    const onAir = new OnAir(new StreamTables(tables), stream, beat);
    await onAir.say('live');
    return onAir;
  }

  async say(state: StreamStatus['state']): Promise<void> {
    const nothing = { notes: [], encoderLog: [], restarts: 0, droppedChunks: 0 };
    await this.#tables.statuses.put(this.#stream, { producer: PRODUCER, state, ...nothing });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heart);
    this.#tables.close();
  }
}
