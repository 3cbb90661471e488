/**
 * One transport packet (ISO 13818-1 2.4.3.2), 188 bytes:
 *
 *   0x47 | error 1, PUSI 1, priority 1, PID 13 | scrambling 2, adaptation 1, payload 1, continuity 4 | ...
 */
export const PACKET_BYTES = 188;
export const SYNC_BYTE = 0x47;
export const NULL_PID = 0x1fff;

export const pidOf = (packet: Uint8Array): number => ((packet[1]! & 0x1f) << 8) | packet[2]!;
export const hasTransportError = (packet: Uint8Array): boolean => (packet[1]! & 0x80) !== 0;
/** payload_unit_start_indicator: a PES packet or a section begins in this packet. */
export const startsUnit = (packet: Uint8Array): boolean => (packet[1]! & 0x40) !== 0;
export const isScrambled = (packet: Uint8Array): boolean => (packet[3]! & 0xc0) !== 0;
export const hasPayload = (packet: Uint8Array): boolean => (packet[3]! & 0x10) !== 0;
const hasAdaptationField = (packet: Uint8Array): boolean => (packet[3]! & 0x20) !== 0;
export const continuityOf = (packet: Uint8Array): number => packet[3]! & 0x0f;

/** Index of the first payload byte; 188 if there is none (or the adaptation field lies about its length). */
export function payloadStart(packet: Uint8Array): number {
  if (!hasPayload(packet)) return PACKET_BYTES;
  return hasAdaptationField(packet) ? Math.min(5 + packet[4]!, PACKET_BYTES) : 4;
}

/** The adaptation field announces a break of the continuity counter (2.4.3.5). */
export const announcesDiscontinuity = (packet: Uint8Array): boolean =>
  hasAdaptationField(packet) && packet[4]! > 0 && (packet[5]! & 0x80) !== 0;

/** The adaptation field holds stuffing: most multiplexers put it only into the last packet of a PES packet. */
export function hasStuffing(packet: Uint8Array): boolean {
  if (!hasAdaptationField(packet)) return false;
  const length = packet[4]!;
  if (length === 0) return true;
  const flags = packet[5]!;
  let used = 1;
  if (flags & 0x10) used += 6; // PCR
  if (flags & 0x08) used += 6; // OPCR
  if (flags & 0x04) used += 1; // splice countdown
  if (flags & 0x02) used += 1 + (packet[5 + used] ?? 0); // private data
  if (flags & 0x01) used += 1 + (packet[5 + used] ?? 0); // extension
  return length > used;
}
