import { CHUNK_MESSAGE_PREFIX_BYTES, type ChunkMessage, writeChunkMessagePrefix } from '../chunk-message.js';

/** A whole message in its own buffer. Gateways write the prefix and the packets separately. */
export function encodeChunkMessage(message: ChunkMessage): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(CHUNK_MESSAGE_PREFIX_BYTES + message.data.byteLength);
  writeChunkMessagePrefix(message, out);
  out.set(message.data, CHUNK_MESSAGE_PREFIX_BYTES);
  return out;
}
