/** Finds and changes boxes in what mux.js has written: size 32 | type 32 | body (ISO 14496-12 4.2). */
const HEADER_BYTES = 8;
const TYPE_AT = 4;

/** From the outside to the inside: a box's type, and which of the boxes of that type it is. */
export type BoxPath = readonly (readonly [type: string, index: number])[];

/** Where the bodies of the boxes on this path begin and end. @throws if there is no such box */
export function locate(bytes: Uint8Array, path: BoxPath): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let [at, end] = [0, bytes.byteLength];
  for (const [type, index] of path) {
    let left = index;
    while (typeAt(bytes, at) !== type || left-- > 0) {
      at += sizeAt(bytes, at);
      if (at + HEADER_BYTES > end) throw new Error(`there is no box ${type}`);
    }
    end = at + sizeAt(bytes, at);
    at += HEADER_BYTES;
    found.push({ start: at, end });
  }
  return found;
}

/** A copy in which the box has another body, and all boxes around it the size that follows. */
export function replaceBody(bytes: Uint8Array, path: BoxPath, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const places = locate(bytes, path);
  const { start, end } = places.at(-1)!;
  const grown = body.byteLength - (end - start);
  const out = new Uint8Array(bytes.byteLength + grown);
  out.set(bytes.subarray(0, start));
  out.set(body, start);
  out.set(bytes.subarray(end), start + body.byteLength);
  const view = new DataView(out.buffer);
  for (const place of places) {
    const sizeField = place.start - HEADER_BYTES;
    view.setUint32(sizeField, view.getUint32(sizeField) + grown);
  }
  return out;
}

const sizeAt = (bytes: Uint8Array, at: number): number => {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
  if (size < HEADER_BYTES) throw new Error(`a box of ${size} bytes`);
  return size;
};
const typeAt = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at + TYPE_AT, at + HEADER_BYTES));
