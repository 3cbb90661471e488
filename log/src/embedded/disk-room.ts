import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, bytes } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { LogError } from '../chunk-log.js';
import { DiskPressure } from './disk-pressure.js';
import type { Reserve } from './reserve.js';

const TELL_EVERY_MS = 60_000;

/**
 * Watches the disk of the data folder: how much room the chunks may take, whether the folder is still there, and what
 * an operator should know about both.
 */
export class DiskRoom {
  readonly #directory: string;
  readonly #reserve: Reserve;
  readonly #logger: Logger;
  readonly #inode: number;
  readonly #pressure = new DiskPressure();
  #refused = false;
  #warning: string | undefined;
  readonly #toldAt = new Map<string, number>();

  private constructor(directory: string, reserve: Reserve, logger: Logger, inode: number) {
    this.#directory = directory;
    this.#reserve = reserve;
    this.#logger = logger;
    this.#inode = inode;
  }

  static async open(directory: string, reserve: Reserve, logger: Logger): Promise<DiskRoom> {
    return new DiskRoom(directory, reserve, logger, (await stat(directory)).ino);
  }

  /** What the operator should fix soon, although everything still works. */
  get warning(): string | undefined {
    return this.#warning;
  }

  /** An append found no room. */
  refuse(): void {
    this.#refused = true;
  }

  /** How much the chunks of all topics may take together; undefined if only the topics' retention limits them. */
  async limit(stored: Bytes): Promise<Bytes | undefined> {
    await this.checkFolder();
    this.#reserve.refill();
    const disk = await statfs(this.#directory);
    const { size } = await stat(join(this.#directory, 'chunks/data.mdb'));
    const refused = this.#refused;
    this.#refused = false;
    return this.#pressure.observe({
      free: bytes(disk.bavail * disk.bsize),
      total: bytes(disk.blocks * disk.bsize),
      file: bytes(size),
      ...{ stored, refused },
    });
  }

  /** Whether old chunks are removed early, and how much the log keeps now. */
  tellShortened(isShortened: boolean, windowMs: number): void {
    this.#warning = isShortened
      ? `the disk of ${this.#directory} is nearly full: the oldest chunks are removed early, and the log keeps ${Math.round(windowMs / 1000)} s; free some room`
      : undefined;
    if (this.#warning) this.#tell(this.#warning, 'disk');
  }

  /** @throws {LogError} `unavailable` if the folder was deleted, or another one has its name. */
  async checkFolder(): Promise<void> {
    const inode = await stat(this.#directory).then(
      ({ ino }) => ino,
      () => undefined,
    );
    if (inode === this.#inode) return;
    const text = `the data folder ${this.#directory} was deleted while it was in use: live video goes on, nothing is kept. Restart Topicast, or set TOPICAST_DATA_DIR to another folder`;
    this.#tell(text, 'folder');
    throw new LogError('unavailable', text);
  }

  /** At most once a minute for each kind of line. */
  #tell(text: string, about: string): void {
    const now = performance.now();
    if (now - (this.#toldAt.get(about) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    this.#toldAt.set(about, now);
    this.#logger.error(text);
  }
}
