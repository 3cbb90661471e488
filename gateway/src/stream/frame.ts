/**
 * A server's WebSocket frames: whole messages, never masked (RFC 6455 5.2).
 *
 *  FIN, opcode | length < 126             2 bytes of header
 *  FIN, opcode | 126 | length, 16 bits    4
 *  FIN, opcode | 127 | length, 64 bits   10
 */
export const Opcode = { text: 1, binary: 2, ping: 9, pong: 10 } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

const FIN = 0x80;

export function frameHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 0x1_0000 ? 4 : 10;
}

/** Write the header of a frame at `at`; returns where the payload begins. */
export function writeFrameHeader(opcode: Opcode, payloadBytes: number, into: Buffer, at = 0): number {
  into[at] = FIN | opcode;
  if (payloadBytes < 126) {
    into[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 0x1_0000) {
    into[at + 1] = 126;
    return into.writeUInt16BE(payloadBytes, at + 2);
  }
  into[at + 1] = 127;
  into.writeUInt16BE(0, at + 2);
  return into.writeUIntBE(payloadBytes, at + 4, 6);
}

export function encodeFrame(opcode: Opcode, payload: Uint8Array | string): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(frameHeaderBytes(bytes.byteLength) + bytes.byteLength);
  frame.set(bytes, writeFrameHeader(opcode, bytes.byteLength, frame));
  return frame;
}
