/** What the tags of Enhanced RTMP (veovera.org, v2) have in common. */

/** Each modifier: its size - 1 in 8 bits, or 255 and then 16 bits; its data; its kind 4, the next packet type 4. */
export function afterModifiers(
  body: Uint8Array,
  packetType: number,
  isModifier: number,
): { readonly packetType: number; readonly at: number } | undefined {
  let type = packetType;
  let at = 1;
  while (type === isModifier) {
    let size = (body[at++] ?? 0) + 1;
    if (size === 256) {
      size = ((body[at] ?? 0) << 8) + (body[at + 1] ?? 0) + 1;
      at += 2;
    }
    at += size;
    const next = body[at++];
    if (next === undefined) return undefined;
    type = next & 0x0f;
  }
  return { packetType: type, at };
}

export const fourCc = (body: Uint8Array, at: number): string =>
  String.fromCharCode(...body.subarray(at, at + 4));

/** For a message to people. */
export const printable = (name: string): string => name.replace(/[^\w.-]/g, '?');

export const fourCcBytes = (name: string): number[] => [...name].map((letter) => letter.charCodeAt(0));

/** A tag: its head, and its data. */
export function join(head: readonly number[], parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, head.length));
  out.set(head);
  let at = head.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
