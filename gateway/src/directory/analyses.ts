import {
  ANALYSIS_SILENCE_MS,
  type Analysis,
  type AnalysisRow,
  openAnalyses,
} from '@topicast/contracts/analysis';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { KeyValueTable, TypedTable } from '@topicast/contracts/typed-table';
import { Milliseconds } from '@topicast/contracts/units';

/**
 * How live streams look and sound. What is said counts from the moment when we heard it, on this host's clock, because
 * other clocks may be wrong; a processor that has died says nothing any more.
 */
export class Analyses {
  readonly #table: TypedTable<StreamId, AnalysisRow>;
  readonly #clock: () => Milliseconds;
  readonly #heard = new Map<StreamId, Milliseconds>();

  constructor(
    /** `topicast.status`. */
    status: KeyValueTable,
    /** Monotonic. */
    clock: () => Milliseconds,
    onDamaged?: (stream: StreamId, error: Error) => void,
  ) {
    this.#clock = clock;
    this.#table = openAnalyses(status, onDamaged);
    for (const stream of this.#table.rows.keys()) this.#heard.set(stream, clock());
    this.#table.onChange((stream, row) => {
      if (row) this.#heard.set(stream, clock());
      else this.#heard.delete(stream);
    });
  }

  /** Of this session of the stream; undefined if nobody says anything. */
  of(stream: StreamId, session: number | undefined): Analysis | undefined {
    const row = this.#table.get(stream);
    const heard = this.#heard.get(stream);
    if (!row || heard === undefined || row.session !== session) return undefined;
    if (Milliseconds.sub(this.#clock(), heard) >= ANALYSIS_SILENCE_MS) return undefined;
    const { findings, loudness } = row;
    return { findings, ...(loudness !== undefined && { loudness }) };
  }

  close(): void {
    this.#table.close();
  }
}
