/**
 * The layout of an LMDB data file, as the liblmdb that lmdb-js 3 carries writes it on 64-bit little-endian machines
 * (its mdb.c: MDB_page_header, MDB_meta, MDB_db, MDB_node, MDB_ovpage). Every field that liblmdb follows without a
 * check is here. liblmdb trusts its file, and a wrong number in it ends the process with a signal.
 *
 * A page begins with its header; "lower" and "upper" count from the header's end:
 *
 *      0         8         16    18      20      22      24
 *  +---------+---------+-----+-------+-------+-------+------------~~------------+---------~~
 *  | page no.| txn no. | pad | flags | lower | upper | offsets of nodes, free   | nodes
 *  +---------+---------+-----+-------+-------+-------+------------~~------------+---------~~
 *                                    | pages (u32)   |  on the first page of an overflow run
 */
export const PAGE_HEADER_BYTES = 24;
/** The beginning of a file, long enough for the fields of the first meta page. */
export const META_BYTES = 168;
export const MAX_PAGE_BYTES = 65_536;

export const PAGE_BRANCH = 0x01;
export const PAGE_LEAF = 0x02;
export const PAGE_OVERFLOW = 0x04;
const PAGE_META = 0x08;

export const NODE_BIG = 0x01;
export const NODE_SUBTREE = 0x02;

/** The free list's keys are integers. */
export const INTEGER_KEY = 0x08;

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const META_AT = PAGE_HEADER_BYTES;
const TREES_AT = META_AT + 24;
export const TREE_BYTES = 48;
const NODE_HEADER_BYTES = 8;
const OVERFLOW_REFERENCE_BYTES = 24;
const NO_PAGE = 2 ** 64 - 1;

export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Undefined: the tree is empty. */
  readonly root: number | undefined;
}

export interface Meta {
  readonly pageBytes: number;
  readonly mapBytes: number;
  readonly free: Tree;
  readonly main: Tree;
  readonly lastPage: number;
  readonly transaction: number;
}

export interface PageHeader {
  readonly page: number;
  readonly transaction: number;
  readonly flags: number;
  readonly lower: number;
  readonly upper: number;
  readonly pages: number;
}

export interface Node {
  /** Where it begins and how long it is, counted from the beginning of the page. */
  readonly at: number;
  readonly bytes: number;
  readonly flags: number;
  readonly key: Buffer;
  /** On a branch page. */
  readonly child: number;
  /**
   * On a leaf page: the length of the value, and the part of it that is here, which is a reference if the node is big.
   */
  readonly valueBytes: number;
  readonly value: Buffer;
}

/** Page numbers and counts are 64 bits wide; no file can have a number that does not fit into a double. */
export const readU64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

export const readPageHeader = (page: Buffer): PageHeader => ({
  page: readU64(page, 0),
  transaction: readU64(page, 8),
  flags: page.readUInt16LE(18),
  lower: page.readUInt16LE(20),
  upper: page.readUInt16LE(22),
  pages: page.readUInt32LE(20),
});

/** Undefined if this is not a meta page of this layout. */
export function readMeta(page: Buffer): Meta | undefined {
  const { flags } = readPageHeader(page);
  if (flags !== PAGE_META || page.readUInt32LE(META_AT) !== MAGIC) return undefined;
  if (page.readUInt32LE(META_AT + 4) !== VERSION) return undefined;
  return {
    // The first tree's pad is the page size.
    pageBytes: page.readUInt32LE(TREES_AT),
    mapBytes: readU64(page, META_AT + 16),
    free: readTree(page, TREES_AT),
    main: readTree(page, TREES_AT + TREE_BYTES),
    lastPage: readU64(page, TREES_AT + 2 * TREE_BYTES),
    transaction: readU64(page, TREES_AT + 2 * TREE_BYTES + 8),
  };
}

export function readTree(bytes: Buffer, at: number): Tree {
  const root = readU64(bytes, at + 40);
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: readU64(bytes, at + 8),
    leafPages: readU64(bytes, at + 16),
    overflowPages: readU64(bytes, at + 24),
    entries: readU64(bytes, at + 32),
    root: root === NO_PAGE ? undefined : root,
  };
}

/** Where nodes begin, counted from the beginning of the page, in the order of their keys. */
export const nodeOffsets = (page: Buffer, { lower }: PageHeader): number[] =>
  Array.from(
    { length: lower >> 1 },
    (_, index) => page.readUInt16LE(PAGE_HEADER_BYTES + index * 2) + PAGE_HEADER_BYTES,
  );

/** @returns undefined if it does not fit in the page. */
export function readNode(page: Buffer, at: number, isLeaf: boolean): Node | undefined {
  if (at + NODE_HEADER_BYTES > page.byteLength) return undefined;
  const low = page.readUInt32LE(at);
  const flags = page.readUInt16LE(at + 4);
  const keyBytes = page.readUInt16LE(at + 6);
  const valueHere = !isLeaf ? 0 : flags & NODE_BIG ? OVERFLOW_REFERENCE_BYTES : low;
  const valueAt = at + NODE_HEADER_BYTES + keyBytes;
  // Nodes begin at even offsets.
  const bytes = (NODE_HEADER_BYTES + keyBytes + valueHere + 1) & ~1;
  if (at + bytes > page.byteLength) return undefined;
  return {
    at,
    bytes,
    flags: isLeaf ? flags : 0,
    key: page.subarray(at + NODE_HEADER_BYTES, valueAt),
    child: isLeaf ? 0 : low + flags * 2 ** 32,
    valueBytes: isLeaf ? low : 0,
    value: page.subarray(valueAt, valueAt + valueHere),
  };
}
