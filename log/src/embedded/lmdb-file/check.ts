import { closeSync, fstatSync, openSync } from 'node:fs';
import { endianness } from 'node:os';
import {
  INTEGER_KEY,
  NODE_BIG,
  NODE_SUBTREE,
  type Node,
  nodeOffsets,
  PAGE_BRANCH,
  PAGE_HEADER_BYTES,
  PAGE_LEAF,
  PAGE_OVERFLOW,
  type PageHeader,
  readNode,
  readTree,
  readU64,
  TREE_BYTES,
  type Tree,
} from './layout.js';
import { Damage, expectSound, Pages } from './pages.js';

/** More levels than a file of any size has. */
const MAX_DEPTH = 16;

/** What of a file's content is not liblmdb's to know: how long the keys of a named tree are. */
type KeyBytes = Readonly<Record<string, number>>;

type FileCheck =
  /** `trees`: the names of what is in it. */
  { readonly trees: readonly string[] } | { readonly damage: string };

/**
 * Checks that LMDB can safely use a data file: its meta pages, every page of every tree, the order of the keys, the
 * bounds of every node, and that the free list names no page in use. It does not look at values, so the time depends on
 * the number of records, not on their size. An empty file is fine: LMDB then starts a new one.
 */
export function checkLmdbFile(path: string, keyBytes: KeyBytes): FileCheck {
  // Another kind of machine has another layout; LMDB must check that itself.
  if (endianness() !== 'LE' || !['x64', 'arm64'].includes(process.arch)) return { trees: [] };
  const file = openSync(path, 'r');
  try {
    const isEmpty = fstatSync(file).size === 0;
    return { trees: isEmpty ? [] : new Check(new Pages(file), keyBytes).run() };
  } catch (error) {
    // A number that points outside its page causes Buffer to throw a RangeError.
    if (error instanceof Damage || error instanceof RangeError) return { damage: error.message };
    throw error;
  } finally {
    closeSync(file);
  }
}

/** The keys of a tree are in order; a key may equal the bound that a branch page has announced. */
interface Bound {
  key: Buffer | undefined;
  mayEqual: boolean;
}

interface Count {
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
}

type Visit = (node: Node, value: () => Buffer) => void;

class Check {
  readonly #pages: Pages;
  readonly #keyBytes: KeyBytes;

  constructor(pages: Pages, keyBytes: KeyBytes) {
    this.#pages = pages;
    this.#keyBytes = keyBytes;
  }

  run(): string[] {
    const named = new Map<string, Tree>();
    this.#walk('the list of trees', this.#pages.meta.main, 0, NODE_SUBTREE, undefined, (node, value) => {
      expectSound(node.valueBytes === TREE_BYTES, 'a tree is not described as it should be');
      named.set(node.key.toString('latin1').replace(/\0$/, ''), readTree(value(), 0));
    });
    for (const [name, tree] of named) this.#walk(name, tree, 0, 0, this.#keyBytes[name], () => undefined);
    const free: Buffer[] = [];
    this.#walk('the free list', this.#pages.meta.free, INTEGER_KEY, 0, 8, (_node, value) =>
      free.push(value()),
    );
    for (const list of free) this.#checkFreePages(list);
    return [...named.keys()];
  }

  #walk(
    name: string,
    tree: Tree,
    flags: number,
    nodeFlag: number,
    keyBytes: number | undefined,
    visit: Visit,
  ): void {
    expectSound(tree.flags === flags, `${name} is of another kind`);
    expectSound(tree.depth <= MAX_DEPTH, `${name} is ${tree.depth} levels deep`);
    const count: Count = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    const bound: Bound = { key: undefined, mayEqual: false };
    const compare = flags === INTEGER_KEY ? compareIntegers : Buffer.compare;
    const checkKey = (key: Buffer): void => {
      const order = bound.key === undefined ? 1 : compare(key, bound.key);
      expectSound(order > 0 || (order === 0 && bound.mayEqual), `the keys of ${name} are out of order`);
    };
    const down = (pageNumber: number, level: number): void => {
      const { page, header } = this.#pages.takeTreePage(pageNumber);
      const isLeaf = level === tree.depth;
      expectSound(
        header.flags === (isLeaf ? PAGE_LEAF : PAGE_BRANCH),
        `page ${pageNumber} is of another kind`,
      );
      count[isLeaf ? 'leafPages' : 'branchPages']++;
      for (const [index, node] of this.#nodes(page, header, isLeaf).entries()) {
        // The first key of a branch page keeps its value from when the page was made; nobody looks at it.
        if (isLeaf || index > 0) {
          const fits = keyBytes === undefined || node.key.byteLength === keyBytes;
          expectSound(fits, `a key of ${name} has another length`);
          checkKey(node.key);
          bound.key = node.key;
          bound.mayEqual = !isLeaf;
        }
        if (!isLeaf) {
          down(node.child, level + 1);
          continue;
        }
        count.entries++;
        expectSound((node.flags & ~NODE_BIG) === nodeFlag, `a record of ${name} is of another kind`);
        const run = node.flags & NODE_BIG ? this.#overflow(node) : undefined;
        count.overflowPages += run?.pages ?? 0;
        visit(node, () => (run ? this.#pages.read(run.at, node.valueBytes) : node.value));
      }
    };
    if (tree.root === undefined) expectSound(tree.depth === 0, `${name} has no first page`);
    else {
      expectSound(tree.depth > 0, `${name} has no levels`);
      down(tree.root, 1);
    }
    const agrees = (Object.keys(count) as (keyof Count)[]).every((part) => count[part] === tree[part]);
    expectSound(agrees, `${name} does not hold as much as it says`);
  }

  /** The nodes of a page, which fill it from `upper` to its end without a gap. */
  #nodes(page: Buffer, header: PageHeader, isLeaf: boolean): Node[] {
    const { lower, upper } = header;
    const room = page.byteLength - PAGE_HEADER_BYTES;
    const what = `the nodes of page ${header.page} are not in their places`;
    expectSound(lower % 2 === 0 && lower >= (isLeaf ? 2 : 4) && lower <= upper && upper <= room, what);
    const nodes = nodeOffsets(page, header).map((at) => {
      expectSound(at >= upper + PAGE_HEADER_BYTES && at % 2 === 0, what);
      const node = readNode(page, at, isLeaf);
      expectSound(node !== undefined, what);
      return node;
    });
    let end = upper + PAGE_HEADER_BYTES;
    for (const { at, bytes } of [...nodes].sort((a, b) => a.at - b.at)) {
      expectSound(at === end, what);
      end += bytes;
    }
    expectSound(end === page.byteLength, what);
    return nodes;
  }

  /** A value that has its own pages. */
  #overflow({ value, valueBytes }: Node): { pages: number; at: number } {
    const pageNumber = readU64(value, 0);
    const pages = readU64(value, 16);
    const { pageBytes } = this.#pages.meta;
    const what = `the value on page ${pageNumber} is not as long as it says`;
    expectSound(pages === Math.ceil((PAGE_HEADER_BYTES + valueBytes) / pageBytes), what);
    const header = this.#pages.takeRun(pageNumber, pages);
    expectSound(header.flags === PAGE_OVERFLOW && header.pages === pages, what);
    return { pages, at: pageNumber * pageBytes + PAGE_HEADER_BYTES };
  }

  /**
   * A count, then page numbers; a negative number is the length of the run that begins with the next one. Zeros were
   * used up. liblmdb may leave a length without its page at the end.
   */
  #checkFreePages(list: Buffer): void {
    const what = 'the free list is damaged';
    expectSound(list.byteLength % 8 === 0 && list.byteLength > 0, what);
    const count = readU64(list, 0);
    expectSound(count < list.byteLength / 8, what);
    for (let index = 1; index <= count; index++) {
      const entry = Number(list.readBigInt64LE(index * 8));
      if (entry === 0) continue;
      if (entry > 0) this.#pages.take(entry, 1);
      else if (index < count) this.#pages.take(Number(list.readBigInt64LE(++index * 8)), -entry);
    }
  }
}

const compareIntegers = (a: Buffer, b: Buffer): number => readU64(a, 0) - readU64(b, 0);
