/** Boxes of ISO 14496-12 4.2: size 32 | type 32 | body. */
export function box(
  type: string,
  ...parts: readonly (Uint8Array | readonly number[])[]
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 8));
  out.set([...u32(out.byteLength), ...letters(type)]);
  let at = 8;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A box with a version and flags (4.2), both 0 by default. */
export const fullBox = (
  type: string,
  { version = 0, flags = 0 }: { readonly version?: number; readonly flags?: number },
  ...parts: readonly (Uint8Array | readonly number[])[]
): Uint8Array<ArrayBuffer> => box(type, [version, ...u32(flags).slice(1)], ...parts);

export const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
export const u64 = (value: number): number[] => [...u32(Math.floor(value / 2 ** 32)), ...u32(value)];
export const zeros = (count: number): number[] => new Array<number>(count).fill(0);
export const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
