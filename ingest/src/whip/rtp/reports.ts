import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * RTCP (RFC 3550 6.4, RFC 4585 6): each packet of a compound is
 *
 *   2, P, count or format 5 | type 8 | length in words - 1 16 | SSRC of its sender 32 | ...
 */
const TYPE = {
  senderReport: 200,
  receiverReport: 201,
  transportFeedback: 205,
  pictureFeedback: 206,
} as const;
const FORMAT = { nack: 1, arrivals: 15, pictureLoss: 1 } as const;
const HEADER_BYTES = 8;
const SENDER_REPORT_BYTES = 28;
/** A publisher has three sources, and some receivers' reports come along. */
const MAX_PACKETS = 32;

/** What a sender says about its clocks: at this moment of its own wall clock, the timestamp was this. */
export interface SenderReport {
  readonly ssrc: number;
  readonly wallClock: Milliseconds;
  readonly timestamp: number;
  /** The middle 32 bits of the wall clock, which a report about it repeats. */
  readonly compactClock: number;
}

/** What is reported about one source (RFC 3550 6.4.1). */
export interface Reception {
  readonly ssrc: number;
  /** Since the report before, of 256. */
  readonly fractionLost: number;
  readonly lost: number;
  readonly highestSequence: number;
  /** In units of its timestamps. */
  readonly jitter: number;
  readonly compactClock: number;
  readonly sinceReport: Milliseconds;
}

/** The sender reports of a compound; what is damaged ends it. */
export function readSenderReports(compound: Uint8Array): SenderReport[] {
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  const found: SenderReport[] = [];
  let at = 0;
  for (let count = 0; count < MAX_PACKETS && at + HEADER_BYTES <= compound.byteLength; count++) {
    const size = (view.getUint16(at + 2) + 1) * 4;
    if (compound[at]! >> 6 !== 2 || at + size > compound.byteLength) break;
    if (compound[at + 1] === TYPE.senderReport && size >= SENDER_REPORT_BYTES) {
      const [seconds, fraction] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      found.push({
        ssrc: view.getUint32(at + 4),
        wallClock: milliseconds(seconds * 1_000 + (fraction / 2 ** 32) * 1_000),
        timestamp: view.getUint32(at + 16),
        compactClock: view.getUint32(at + 10),
      });
    }
    at += size;
  }
  return found;
}

/** A compound begins with this (RFC 3550 6.1), also if there is nothing to report. */
export function receiverReport(us: number, receptions: readonly Reception[]): Buffer {
  const body = Buffer.alloc(receptions.length * 24);
  receptions.forEach((each, i) => {
    const at = i * 24;
    body.writeUInt32BE(each.ssrc, at);
    body[at + 4] = each.fractionLost;
    body.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, each.lost)), at + 5, 3);
    body.writeUInt32BE(each.highestSequence % 2 ** 32, at + 8);
    body.writeUInt32BE(Math.min(0xffff_ffff, Math.round(each.jitter)), at + 12);
    body.writeUInt32BE(each.compactClock, at + 16);
    body.writeUInt32BE(Math.min(0xffff_ffff, Math.round((each.sinceReport / 1_000) * 65_536)), at + 20);
  });
  return packet(receptions.length, TYPE.receiverReport, us, body);
}

/** Send these again (RFC 4585 6.2.1): sequence number 16, and which of the 16 after it 16. */
export function negativeAcknowledgement(us: number, source: number, missing: readonly number[]): Buffer {
  const pairs: { first: number; others: number }[] = [];
  for (const sequence of missing) {
    const last = pairs.at(-1);
    const distance = last ? (sequence - last.first + 65_536) % 65_536 : 0;
    if (last && distance >= 1 && distance <= 16) last.others |= 1 << (distance - 1);
    else pairs.push({ first: sequence, others: 0 });
  }
  const body = Buffer.alloc(4 + pairs.length * 4);
  body.writeUInt32BE(source, 0);
  pairs.forEach(({ first, others }, i) => {
    body.writeUInt16BE(first, 4 + i * 4);
    body.writeUInt16BE(others, 6 + i * 4);
  });
  return packet(FORMAT.nack, TYPE.transportFeedback, us, body);
}

/** Send a keyframe (RFC 4585 6.3.1). */
export function pictureLossIndication(us: number, source: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(source, 0);
  return packet(FORMAT.pictureLoss, TYPE.pictureFeedback, us, body);
}

/** When packets arrived; see arrivals.ts. */
export const arrivalFeedback = (us: number, body: Buffer): Buffer =>
  packet(FORMAT.arrivals, TYPE.transportFeedback, us, body);

function packet(countOrFormat: number, type: number, us: number, body: Buffer): Buffer {
  const padding = (4 - (body.byteLength % 4)) % 4;
  const head = Buffer.alloc(HEADER_BYTES);
  head[0] = 0x80 | countOrFormat;
  head[1] = type;
  head.writeUInt16BE((HEADER_BYTES + body.byteLength + padding) / 4 - 1, 2);
  head.writeUInt32BE(us, 4);
  return Buffer.concat([head, body, Buffer.alloc(padding)]);
}
