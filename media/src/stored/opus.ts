/** Opus packets, as FLV and MP4 store them, in private PES packets (ETSI TS 103 491 B). */
export const STREAM_TYPE_PRIVATE_PES = 0x06;

const MAGIC = 'OpusHead';
/** channel_config_code of the usual orders: as many as there are channels (RFC 7845 5.1.1.2). */
const MOST_CHANNELS = 8;
const FAMILY_AT = 18;

/**
 * What the PMT says about the sound that this identification header (RFC 7845 5.1) describes: `OpusHead` | version |
 * channels | ... | mapping family. Undefined if its channels are in an order of their own.
 */
export function opusDescriptors(head: Uint8Array): Uint8Array | undefined {
  const isHead = String.fromCharCode(...head.subarray(0, MAGIC.length)) === MAGIC;
  const channels = head[9] ?? 0;
  const family = head[FAMILY_AT] ?? 0;
  const isUsual = family === 0 ? channels <= 2 : family === 1 && channels <= MOST_CHANNELS;
  if (!isHead || channels === 0 || !isUsual) return undefined;
  return Uint8Array.of(
    0x05,
    4,
    ...[...'Opus'].map((letter) => letter.charCodeAt(0)),
    0x7f,
    2,
    0x80,
    channels,
  );
}

/** The packet behind its control header: 11 bits of ones, no trims, and its size in bytes of 255 and one below. */
export function toOpusUnit(packet: Uint8Array): Uint8Array | undefined {
  if (packet.byteLength === 0) return undefined;
  const size = [...Array<number>(Math.floor(packet.byteLength / 255)).fill(255), packet.byteLength % 255];
  const out = new Uint8Array(2 + size.length + packet.byteLength);
  out.set([0x7f, 0xe0, ...size]);
  out.set(packet, 2 + size.length);
  return out;
}

/**
 * The identification header (RFC 7845 5.1) for a description as in `dOps`, whose numbers are big-endian: channels 8 |
 * pre-skip 16 | rate 32 | gain 16 | mapping family and table.
 */
export function opusHead(description: Uint8Array): Uint8Array {
  const swapped = (at: number, count: number): number[] =>
    [...description.subarray(at, at + count)].reverse();
  return Uint8Array.of(
    ...[...MAGIC].map((letter) => letter.charCodeAt(0)),
    1,
    description[0] ?? 0,
    ...[...swapped(1, 2), ...swapped(3, 4), ...swapped(7, 2)],
    ...description.subarray(9),
  );
}
