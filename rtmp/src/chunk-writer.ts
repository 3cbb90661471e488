import { type Message, TYPE } from './message.js';

/** Until another size is announced, which short answers do not need (5.4.1). */
const DEFAULT_CHUNK_BYTES = 128;
/** Chunk stream 2 is for messages about the connection (5.3.1.1); the others are custom. */
const CONTROL_STREAM = 2;
const CHUNK_STREAMS: ReadonlyMap<number, number> = new Map([
  [TYPE.command, 3],
  [TYPE.audio, 4],
  [TYPE.data, 5],
  [TYPE.video, 6],
]);
/** The time does not fit into 24 bits, and follows each header of the message (5.3.1.3). */
const EXTENDED = 0xff_ffff;

/**
 * A message in chunks, each with a whole header or none.
 * @param timestamp milliseconds in 32 bits, which go round; 0 if absent
 * @param chunkBytes as announced to the peer
 */
export function chunksOf(
  { type, streamId, body, timestamp = 0 }: Omit<Message, 'timestamp'> & { readonly timestamp?: number },
  chunkBytes: number = DEFAULT_CHUNK_BYTES,
): Uint8Array {
  const id = CHUNK_STREAMS.get(type) ?? CONTROL_STREAM;
  const extendedBytes = timestamp >= EXTENDED ? 4 : 0;
  const continuations = Math.max(0, Math.ceil(body.byteLength / chunkBytes) - 1);
  const out = new Uint8Array(12 + extendedBytes + body.byteLength + continuations * (1 + extendedBytes));
  const view = new DataView(out.buffer);
  const short = Math.min(timestamp, EXTENDED);
  view.setUint32(0, id * 0x100_0000 + short); // format 0
  view.setUint16(4, body.byteLength >> 8);
  out[6] = body.byteLength & 0xff;
  out[7] = type;
  view.setUint32(8, streamId, true);
  if (extendedBytes > 0) view.setUint32(12, timestamp);
  let at = 12 + extendedBytes;
  for (let from = 0; from < body.byteLength; from += chunkBytes) {
    if (from > 0) {
      out[at++] = 0xc0 | id;
      if (extendedBytes > 0) view.setUint32(at, timestamp);
      at += extendedBytes;
    }
    const part = body.subarray(from, from + chunkBytes);
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/** A message about the connection that consists of words of 32 bits. */
export function controlMessage(type: number, ...words: readonly number[]): Uint8Array {
  const body = new Uint8Array(words.length * 4);
  words.forEach((word, i) => {
    new DataView(body.buffer).setUint32(i * 4, word);
  });
  return chunksOf({ type, streamId: 0, body });
}
