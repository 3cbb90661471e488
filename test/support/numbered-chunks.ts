import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { headerOf } from './headers.js';

/** Of a stream of numbered chunks: 30 a second, a keyframe chunk a second. */
export const CHUNKS_A_SECOND = 30;
const PACKET_BYTES = 188;

/**
 * A chunk of whole TS packets, but without video. Its bytes depend only on its session and sequence, so a reader can
 * tell whether it is the chunk that was written.
 */
export function numberedChunk(
  session: number,
  sequence: number,
  sizeBytes: number,
  wallClock = 0,
): NewRecord {
  const sinceKeyframe = sequence % CHUNKS_A_SECOND;
  const header = headerOf(sequence, {
    ...{ session, sinceKeyframe },
    keyframe: sinceKeyframe === 0,
    decodeTime: ticks90k((sequence * 90_000) / CHUNKS_A_SECOND),
    wallClock: milliseconds(wallClock),
  });
  return { header, value: numberedBytes(session, sequence, sizeBytes) };
}

/** Packets of a private stream (PID 0x100); each one contains the chunk's number and its own place in it. */
export function numberedBytes(session: number, sequence: number, sizeBytes: number): Uint8Array {
  const packets = Math.max(1, Math.round(sizeBytes / PACKET_BYTES));
  const value = Buffer.alloc(packets * PACKET_BYTES, (session + sequence) % 251);
  for (let packet = 0; packet < packets; packet++) {
    const at = packet * PACKET_BYTES;
    value.set([0x47, 0x01, 0x00, 0x10 | (packet & 15)], at);
    value.writeBigUInt64BE(BigInt(session), at + 4);
    value.writeUInt32BE(sequence, at + 12);
    value.writeUInt32BE(packet, at + 16);
  }
  return value;
}
