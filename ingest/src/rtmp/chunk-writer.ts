import { type Message, TYPE } from './message.js';

/** Until we announce another size, which our short answers do not need (5.4.1). */
const CHUNK_BYTES = 128;
/** Chunk stream 2 is for messages about the connection (5.3.1.1); commands have 3 by custom. */
const CONTROL_STREAM = 2;
const COMMAND_STREAM = 3;

/** A message of ours, in chunks. */
export function chunksOf({ type, streamId, body }: Omit<Message, 'timestamp'>): Uint8Array {
  const id = type === TYPE.command ? COMMAND_STREAM : CONTROL_STREAM;
  const continuations = Math.max(0, Math.ceil(body.byteLength / CHUNK_BYTES) - 1);
  const out = new Uint8Array(12 + body.byteLength + continuations);
  const view = new DataView(out.buffer);
  out[0] = id; // format 0, and the time 0
  view.setUint16(4, body.byteLength >> 8);
  out[6] = body.byteLength & 0xff;
  out[7] = type;
  view.setUint32(8, streamId, true);
  let at = 12;
  for (let from = 0; from < body.byteLength; from += CHUNK_BYTES) {
    if (from > 0) out[at++] = 0xc0 | id;
    const part = body.subarray(from, from + CHUNK_BYTES);
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
