/**
 * Action Message Format 0 (Adobe AMF 0): a marker of one byte, then the value. Only what commands contain is read:
 *
 *   0 number 64 | 1 boolean 8 | 2 string, length 16 | 3 object: names, length 16, and values, up to an empty name and 9 |
 *   5 null | 6 undefined | 8 array, count 32, and an object | 10 list, count 32, and values | 11 date 64, zone 16 |
 *   12 string, length 32
 */
export type Value =
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>;

const MARK = { number: 0, boolean: 1, string: 2, object: 3, null: 5, array: 8, end: 9, list: 10 } as const;
/** Commands have objects in an object at most. */
const MAX_DEPTH = 4;
const MAX_VALUES = 1_000;

/** The values of a command; undefined if they are damaged, nested too deeply, or too many. */
export function readValues(bytes: Uint8Array): Value[] | undefined {
  const reader = new Reader(bytes);
  try {
    const values: Value[] = [];
    while (!reader.isAtEnd) values.push(reader.value(0));
    return values;
  } catch (error) {
    if (error instanceof Damaged) return undefined;
    throw error;
  }
}

class Damaged extends Error {}

class Reader {
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#view.byteLength;
  }

  value(depth: number): Value {
    if (depth > MAX_DEPTH || ++this.#values > MAX_VALUES) throw new Damaged();
    switch (this.#view.getUint8(this.#skip(1))) {
      case 0:
        return this.#view.getFloat64(this.#skip(8));
      case 1:
        return this.#view.getUint8(this.#skip(1)) !== 0;
      case 2:
        return this.#text(this.#view.getUint16(this.#skip(2)));
      case 3:
        return this.#object(depth);
      case 5:
        return null;
      case 6:
        return undefined;
      case 8:
        this.#skip(4);
        return this.#object(depth);
      case 10:
        return this.#list(depth);
      case 11: {
        const date = this.#view.getFloat64(this.#skip(8));
        this.#skip(2);
        return date;
      }
      case 12:
        return this.#text(this.#view.getUint32(this.#skip(4)));
      default:
        throw new Damaged();
    }
  }

  #object(depth: number): ReadonlyMap<string, Value> {
    const fields = new Map<string, Value>();
    for (;;) {
      const name = this.#text(this.#view.getUint16(this.#skip(2)));
      if (name === '' && this.#view.getUint8(this.#skip(1)) === MARK.end) return fields;
      if (name === '') throw new Damaged();
      fields.set(name, this.value(depth + 1));
    }
  }

  #list(depth: number): Value[] {
    const values: Value[] = [];
    for (let left = this.#view.getUint32(this.#skip(4)); left > 0; left--) values.push(this.value(depth + 1));
    return values;
  }

  #text(length: number): string {
    const at = this.#skip(length);
    return UTF8.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  /** @returns where the bytes begin that are skipped. @throws {Damaged} if they are not there */
  #skip(count: number): number {
    const at = this.#at;
    if (at + count > this.#view.byteLength) throw new Damaged();
    this.#at += count;
    return at;
  }
}

const UTF8 = new TextDecoder();
const encoder = new TextEncoder();

/** What is written: a map becomes an array with names, as metadata is. */
export type Written =
  | number
  | boolean
  | string
  | null
  | readonly Written[]
  | ReadonlyMap<string, Written>
  | { readonly [name: string]: Written };

export const writeValues = (...values: readonly Written[]): Uint8Array =>
  Uint8Array.from(values.flatMap(bytesOf));

function bytesOf(value: Written): number[] {
  if (value === null) return [MARK.null];
  switch (typeof value) {
    case 'number': {
      const out = new Uint8Array(9);
      new DataView(out.buffer).setFloat64(1, value);
      return [...out];
    }
    case 'boolean':
      return [MARK.boolean, value ? 1 : 0];
    case 'string':
      return [MARK.string, ...textBytes(value)];
    case 'object':
      if (isList(value)) return [MARK.list, ...countBytes(value.length), ...value.flatMap(bytesOf)];
      if (value instanceof Map) return [MARK.array, ...countBytes(value.size), ...fieldBytes([...value])];
      return [MARK.object, ...fieldBytes(Object.entries(value))];
  }
}

const isList = (value: Written): value is readonly Written[] => Array.isArray(value);

const fieldBytes = (fields: readonly (readonly [string, Written])[]): number[] => [
  ...fields.flatMap(([name, each]) => [...textBytes(name), ...bytesOf(each)]),
  ...[0, 0, MARK.end],
];

const countBytes = (count: number): number[] => [24, 16, 8, 0].map((shift) => (count >>> shift) & 0xff);

/** Cut to what the length can tell. */
function textBytes(text: string): number[] {
  const bytes = encoder.encode(text).subarray(0, 0xffff);
  return [bytes.byteLength >> 8, bytes.byteLength & 0xff, ...bytes];
}
