import { type Bytes, bytes } from '@topicast/contracts/units';

const MEGABYTE = 1024 * 1024;
/**
 * With less space than this, the disk counts as nearly full: room for some seconds of many streams, or an eighth of a
 * small disk.
 */
const MOST_LOW_BYTES = 256 * MEGABYTE;
const LOW_SHARE = 1 / 8;
/** The pressure ends only at twice that, so that it does not switch back and forth. */
const RELIEF = 2;
const STEP = 0.9;
/** A disk that others have filled must not cost all history while there is still some room. */
const LEAST_BYTES = 16 * MEGABYTE;

export interface DiskView {
  /** The free space of the disk, and its size. */
  readonly free: Bytes;
  readonly total: Bytes;
  /** The size of the file that holds the chunks. It never shrinks: removing chunks makes room inside it. */
  readonly file: Bytes;
  /** The room that its chunks take. */
  readonly stored: Bytes;
  /** Whether an append has failed for lack of room since the last look. */
  readonly refused: boolean;
}

/**
 * How much room the chunks of all topics together may take, so that the disk does not fill. As long as the file grows
 * on a nearly full disk, they get a tenth less each time, until the removed chunks make room for all new ones; then the
 * file keeps its size. Only history is given up, because the live picture needs little.
 */
export class DiskPressure {
  #limit: Bytes | undefined;
  #file: Bytes | undefined;

  /** @returns undefined if only the retention of each topic limits them */
  observe({ free, total, file, stored, refused }: DiskView): Bytes | undefined {
    const low = Math.min(MOST_LOW_BYTES, total * LOW_SHARE);
    const grows = file > (this.#file ?? 0);
    this.#file = file;
    if (refused) this.#tighten(stored, 0);
    else if (free < low && grows) this.#tighten(stored, LEAST_BYTES);
    else if (free >= low * RELIEF) this.#limit = undefined;
    return this.#limit;
  }

  #tighten(stored: Bytes, least: number): void {
    this.#limit = bytes(Math.min(this.#limit ?? Number.POSITIVE_INFINITY, Math.max(stored * STEP, least)));
  }
}
