import { fstatSync, readSync } from 'node:fs';
import {
  MAX_PAGE_BYTES,
  META_BYTES,
  type Meta,
  PAGE_HEADER_BYTES,
  type PageHeader,
  readMeta,
  readPageHeader,
} from './layout.js';

const MAX_MAP_BYTES = 2 ** 47;

export class Damage extends Error {}

/** @throws {Damage} */
export function expectSound(isSound: boolean, what: string): asserts isSound {
  if (!isSound) throw new Damage(what);
}

/** The pages of a file, each of which has one use. All methods throw {@link Damage}. */
export class Pages {
  readonly #file: number;
  readonly meta: Meta;
  readonly #size: number;
  /** One byte per page: whether something uses it. */
  readonly #used: Uint8Array;

  constructor(file: number) {
    this.#file = file;
    this.#size = fstatSync(file).size;
    this.meta = this.#newestMeta();
    this.#used = new Uint8Array(this.meta.lastPage + 1);
    this.#used.fill(1, 0, 2);
  }

  read(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    const isThere = at + length <= this.#size && readSync(this.#file, bytes, 0, length, at) === length;
    expectSound(isThere, 'the file is cut short');
    return bytes;
  }

  /** Claim pages that nothing else uses. */
  take(pageNumber: number, pages: number): void {
    const { lastPage } = this.meta;
    const exists = pageNumber >= 2 && pages >= 1 && pageNumber + pages - 1 <= lastPage;
    expectSound(exists, `page ${pageNumber} does not exist`);
    const isFree = !this.#used.subarray(pageNumber, pageNumber + pages).includes(1);
    expectSound(isFree, `page ${pageNumber} is used twice`);
    this.#used.fill(1, pageNumber, pageNumber + pages);
  }

  /** Claim a page of a tree. */
  takeTreePage(pageNumber: number): { page: Buffer; header: PageHeader } {
    this.take(pageNumber, 1);
    const page = this.read(pageNumber * this.meta.pageBytes, this.meta.pageBytes);
    return { page, header: this.#headerOf(pageNumber, page) };
  }

  /** Claim the pages of one value. */
  takeRun(pageNumber: number, pages: number): PageHeader {
    this.take(pageNumber, pages);
    const { pageBytes } = this.meta;
    expectSound((pageNumber + pages) * pageBytes <= this.#size, 'the file ends within a value');
    return this.#headerOf(pageNumber, this.read(pageNumber * pageBytes, PAGE_HEADER_BYTES));
  }

  /** LMDB treats a page of a later transaction as one that it is changing in memory. */
  #headerOf(pageNumber: number, page: Buffer): PageHeader {
    const header = readPageHeader(page);
    expectSound(header.page === pageNumber, `page ${pageNumber} calls itself ${header.page}`);
    const isOfThePast = header.transaction <= this.meta.transaction;
    expectSound(isOfThePast, `page ${pageNumber} is of a later transaction`);
    return header;
  }

  #newestMeta(): Meta {
    const first = readMeta(this.read(0, META_BYTES));
    expectSound(first !== undefined, 'the first meta page is not one');
    const { pageBytes } = first;
    const isPageSize = pageBytes >= 512 && pageBytes <= MAX_PAGE_BYTES && (pageBytes & (pageBytes - 1)) === 0;
    expectSound(isPageSize, `pages of ${pageBytes} bytes cannot be`);
    const second = readMeta(this.read(pageBytes, META_BYTES));
    expectSound(second !== undefined, 'the second meta page is not one');
    expectSound(second.pageBytes === pageBytes, 'the meta pages disagree about the size of a page');
    for (const meta of [first, second]) this.#checkMeta(meta);
    return second.transaction > first.transaction ? second : first;
  }

  #checkMeta({ lastPage, mapBytes, pageBytes, transaction }: Meta): void {
    expectSound(lastPage >= 1 && lastPage < MAX_MAP_BYTES / pageBytes, `a last page ${lastPage} cannot be`);
    const fits = mapBytes >= (lastPage + 1) * pageBytes && mapBytes <= MAX_MAP_BYTES;
    expectSound(fits, `a map of ${mapBytes} bytes cannot be`);
    expectSound(Number.isSafeInteger(transaction), 'the transaction number cannot be');
    // Pages at the end may never have been written, if they were freed at once, so the file may end a little earlier.
    expectSound(lastPage <= 2 * (this.#size / pageBytes) + 1024, 'the file is much shorter than it says');
  }
}
