import { randomFillSync } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isNoRoom } from './disk-errors.js';

/** Some ten times the room that a table or a step of retention takes while it is written; less on a very small disk. */
const RESERVE_BYTES = 4 * 1024 * 1024;
const SHARE_OF_DISK = 1 / 16;
const BLOCK_BYTES = 64 * 1024;
const SMALLEST_BLOCK_BYTES = 512;

/**
 * Disk space that is kept for operations that make room: table writes, deletions, retention. It is a file full of
 * bytes, so that other programs cannot take the space either. It is given up for the time of one write that found the
 * disk full, and filled again at once. In the end, a write that replaces something takes no extra room.
 */
export class Reserve {
  #lent = 0;
  readonly #bytes: number;
  readonly #file: number;

  /** @throws if the file cannot be created; on a full disk it is only smaller. */
  constructor(directory: string) {
    this.#file = openSync(join(directory, 'reserve'), 'a', 0o600);
    this.#bytes = Math.min(RESERVE_BYTES, sizeOfDisk(directory) * SHARE_OF_DISK);
  }

  /** Whether it is given up right now; only the write that needs it may take its room. */
  get isLent(): boolean {
    return this.#lent > 0;
  }

  /** Do a write that may be repeated; on a full disk it gets the reserve. */
  lendSync<Result>(write: () => Result): Result {
    try {
      return write();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
    }
    this.#giveUp();
    try {
      return write();
    } finally {
      this.#takeBack();
    }
  }

  /** The same for an asynchronous write. */
  async lend<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      return await write();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
    }
    this.#giveUp();
    try {
      return await write();
    } finally {
      this.#takeBack();
    }
  }

  /** Fill it up, as far as there is room. */
  refill(): void {
    if (this.#lent > 0) return;
    let size = fstatSync(this.#file).size;
    for (let length = BLOCK_BYTES; size < this.#bytes && length >= SMALLEST_BLOCK_BYTES; ) {
      // Random bytes, because some file systems compress.
      const block = randomFillSync(Buffer.allocUnsafe(length));
      const written = this.#append(block);
      size += written;
      if (written < length) length /= 2;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(block: Buffer): number {
    try {
      return writeSync(this.#file, block);
    } catch (error) {
      if (isNoRoom(error)) return 0;
      throw error;
    }
  }

  #giveUp(): void {
    this.#lent++;
    ftruncateSync(this.#file, 0);
  }

  #takeBack(): void {
    this.#lent--;
    this.refill();
  }
}

function sizeOfDisk(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  // Some file systems do not tell.
  return blocks * bsize || Number.POSITIVE_INFINITY;
}
