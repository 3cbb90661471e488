import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { type Milliseconds, ticksToMs } from '@topicast/contracts/units';

export const ARRIVAL_KINDS = ['picture', 'keyframe', 'audio'] as const;
export const ARRIVAL_COLUMNS = 6;

/** A minute of a hundred chunks a second. */
const MOST_ROWS = 6_000;
const SPAN_MS = 60_000;
const FIRST_ROWS = 512;

interface Arrived {
  readonly at: Milliseconds;
  readonly takenIn: Milliseconds;
  readonly isLive: boolean;
}

/**
 * When the chunks of the last minute arrived. Six numbers for each: when it arrived, when the encoder took it in, its
 * decode time (all ms), bytes, kind (an index of {@link ARRIVAL_KINDS}), and 1 if it came live, not in the burst of a
 * join.
 */
export class ArrivalTrace {
  #rows = new Float64Array(FIRST_ROWS * ARRIVAL_COLUMNS);
  #count = 0;

  /** @param when on the viewer's wall clock */
  add(when: Arrived, { header, data }: Pick<ChunkMessage, 'header' | 'data'>): void {
    const rows = this.#capacity;
    if (this.#count >= rows && rows < MOST_ROWS) this.#grow(Math.min(MOST_ROWS, rows * 2));
    const kind = header.audioOnly ? 2 : header.keyframe ? 1 : 0;
    const { at, takenIn, isLive } = when;
    const row = [at, takenIn, ticksToMs(header.decodeTime), data.byteLength, kind, Number(isLive)];
    this.#rows.set(row, (this.#count % this.#capacity) * ARRIVAL_COLUMNS);
    this.#count += 1;
  }

  /** The rows of the last minute, oldest first, in one piece. */
  take(now: Milliseconds): Float64Array<ArrayBuffer> {
    const rows = this.#capacity;
    const next = this.#count > rows ? (this.#count % rows) * ARRIVAL_COLUMNS : 0;
    const whole = new Float64Array(Math.min(this.#count, rows) * ARRIVAL_COLUMNS);
    whole.set(this.#rows.subarray(next, next + whole.length));
    if (next > 0) whole.set(this.#rows.subarray(0, next), this.#rows.length - next);
    let from = 0;
    while (from < whole.length && whole[from]! < now - SPAN_MS) from += ARRIVAL_COLUMNS;
    return whole.slice(from);
  }

  get #capacity(): number {
    return this.#rows.length / ARRIVAL_COLUMNS;
  }

  /** Before the first row is overwritten, so the rows are in order. */
  #grow(rows: number): void {
    const before = this.#rows;
    this.#rows = new Float64Array(rows * ARRIVAL_COLUMNS);
    this.#rows.set(before);
  }
}
