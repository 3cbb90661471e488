import { headerBytes } from '../srtp/receiver.js';

/** RTP (RFC 3550 5.1): 2, P, X, CC 4 | M, PT 7 | sequence 16 | timestamp 32 | SSRC 32 | CSRCs | extension | payload. */
export interface RtpPacket {
  readonly payloadType: number;
  /** The last one of a picture. */
  readonly isMarked: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  /** The packet's number in its transport, if the peer was asked for it. */
  readonly transportSequence: number | undefined;
}

const HEADER_BYTES = 12;
/** One-byte and two-byte extensions (RFC 8285 4.2, 4.3). */
const ONE_BYTE = 0xbede;
const TWO_BYTES = 0x100;

/** RTP and RTCP share a port, and differ in their second byte (RFC 5761 4). */
export const isRtcp = (packet: Uint8Array): boolean => packet[1]! >= 192 && packet[1]! <= 223;

/** SRTP packets begin with 128 to 191 (RFC 7983 7). */
export const isSrtp = (packet: Uint8Array): boolean =>
  packet.byteLength >= 2 && packet[0]! >= 128 && packet[0]! <= 191;

/**
 * Undefined if it is damaged.
 * @param transportSequenceId the number of the extension with the packet's number, if there is one
 */
export function readRtp(packet: Uint8Array, transportSequenceId: number | undefined): RtpPacket | undefined {
  const start = headerBytes(packet);
  if (start === undefined) return undefined;
  const hasPadding = (packet[0]! & 0x20) !== 0;
  const end = packet.byteLength - (hasPadding ? packet[packet.byteLength - 1]! : 0);
  if (end < start) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  return {
    payloadType: packet[1]! & 0x7f,
    isMarked: (packet[1]! & 0x80) !== 0,
    ...{ sequence: view.getUint16(2), timestamp: view.getUint32(4), ssrc: view.getUint32(8) },
    payload: packet.subarray(start, end),
    transportSequence:
      transportSequenceId === undefined ? undefined : extension(packet, view, start, transportSequenceId),
  };
}

/** Its value, of 16 bits. */
function extension(packet: Uint8Array, view: DataView, end: number, wanted: number): number | undefined {
  const start = HEADER_BYTES + (packet[0]! & 0x0f) * 4;
  if ((packet[0]! & 0x10) === 0) return undefined;
  const profile = view.getUint16(start);
  const hasOneByte = profile === ONE_BYTE;
  if (!hasOneByte && profile >> 4 !== TWO_BYTES >> 4) return undefined;
  for (let at = start + 4; at < end; ) {
    const first = packet[at]!;
    if (first === 0) {
      at++;
      continue;
    }
    const id = hasOneByte ? first >> 4 : first;
    const size = hasOneByte ? (first & 0x0f) + 1 : (packet[at + 1] ?? 0);
    at += hasOneByte ? 1 : 2;
    if (id === wanted) return size === 2 && at + 2 <= end ? view.getUint16(at) : undefined;
    at += size;
  }
  return undefined;
}

/** A repeated packet (RFC 4588 4) as it was: its sequence number is before its payload. */
export function asItWas(packet: RtpPacket, payloadType: number): RtpPacket | undefined {
  const { payload } = packet;
  if (payload.byteLength < 3) return undefined;
  return { ...packet, payloadType, sequence: payload[0]! * 256 + payload[1]!, payload: payload.subarray(2) };
}
