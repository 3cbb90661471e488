import type { PassedVideo } from '../transport/programme.js';

/**
 * The body of a video tag (Adobe FLV 10.1, E.4.3.1), which is also that of an RTMP video message:
 *
 *   frame type 4, codec 4 | AVC packet type 8 | composition time 24, signed | data
 *
 * and since Enhanced RTMP (veovera.org, v2):
 *
 *   1, frame type 3, packet type 4 | FourCC 32 | composition time 24, if the packet type has one | data
 */
export type VideoTag =
  /** A decoder record (ISO 14496-15). */
  | { readonly kind: 'config'; readonly codec: PassedVideo; readonly data: Uint8Array }
  | {
      readonly kind: 'picture';
      readonly codec: PassedVideo;
      readonly isKey: boolean;
      /** From decoding to presentation. */
      readonly compositionMs: number;
      readonly data: Uint8Array;
    }
  /** Of a codec that is not carried, by the name that people know. */
  | { readonly kind: 'foreign'; readonly codec: string }
  /** One of several pictures at once, which is not the main one. */
  | { readonly kind: 'extra' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'damaged' };

const FRAME_KEY = 1;
const FRAME_COMMAND = 5;
const EXTENDED = 0x80;

const PACKET_CONFIG = 0;
const PACKET_PICTURE = 1;
const PACKET_END = 2;
/** A picture that is shown when it is decoded. */
const PACKET_PICTURE_AT_ONCE = 3;
const PACKET_METADATA = 4;
const PACKET_MULTITRACK = 6;
const PACKET_MODIFIERS = 7;

/** By CodecID; 12 is what encoders wrote for HEVC before Enhanced RTMP. */
const PASSED_IDS: ReadonlyMap<number, PassedVideo> = new Map([
  [7, 'h264'],
  [12, 'hevc'],
]);
const FOREIGN_IDS: ReadonlyMap<number, string> = new Map([
  [2, 'Sorenson H.263'],
  [3, 'Screen Video'],
  [4, 'VP6'],
  [5, 'VP6'],
  [6, 'Screen Video'],
]);
const PASSED_FOURCC: ReadonlyMap<string, PassedVideo> = new Map([
  ['avc1', 'h264'],
  ['hvc1', 'hevc'],
]);
const FOREIGN_FOURCC: ReadonlyMap<string, string> = new Map([
  ['av01', 'AV1'],
  ['vp08', 'VP8'],
  ['vp09', 'VP9'],
  ['vvc1', 'VVC'],
]);

export function readVideoTag(body: Uint8Array): VideoTag {
  const first = body[0];
  if (first === undefined) return { kind: 'nothing' };
  return first & EXTENDED ? readExtended(body, first) : readClassic(body, first);
}

function readClassic(body: Uint8Array, first: number): VideoTag {
  if (first >> 4 === FRAME_COMMAND) return { kind: 'nothing' };
  const codec = PASSED_IDS.get(first & 0x0f);
  if (!codec) return { kind: 'foreign', codec: FOREIGN_IDS.get(first & 0x0f) ?? `codec ${first & 0x0f}` };
  if (body.byteLength < 5) return { kind: 'damaged' };
  const data = body.subarray(5);
  switch (body[1]) {
    case PACKET_CONFIG:
      return { kind: 'config', codec, data };
    case PACKET_PICTURE:
      return {
        kind: 'picture',
        codec,
        isKey: first >> 4 === FRAME_KEY,
        compositionMs: signed24(body, 2),
        data,
      };
    default:
      return { kind: 'nothing' };
  }
}

function readExtended(body: Uint8Array, first: number): VideoTag {
  const frameType = (first >> 4) & 7;
  const head = afterModifiers(body, first & 0x0f, PACKET_MODIFIERS);
  if (!head) return { kind: 'damaged' };
  if (head.packetType === PACKET_METADATA || frameType === FRAME_COMMAND) return { kind: 'nothing' };
  if (head.packetType === PACKET_MULTITRACK) return { kind: 'extra' };
  if (body.byteLength < head.at + 4) return { kind: 'damaged' };
  const name = fourCc(body, head.at);
  const codec = PASSED_FOURCC.get(name);
  if (!codec) return { kind: 'foreign', codec: FOREIGN_FOURCC.get(name) ?? printable(name) };
  const at = head.at + 4;
  const isKey = frameType === FRAME_KEY;
  switch (head.packetType) {
    case PACKET_CONFIG:
      return { kind: 'config', codec, data: body.subarray(at) };
    case PACKET_PICTURE:
      if (body.byteLength < at + 3) return { kind: 'damaged' };
      return {
        kind: 'picture',
        codec,
        isKey,
        compositionMs: signed24(body, at),
        data: body.subarray(at + 3),
      };
    case PACKET_PICTURE_AT_ONCE:
      return { kind: 'picture', codec, isKey, compositionMs: 0, data: body.subarray(at) };
    case PACKET_END:
      return { kind: 'nothing' };
    default:
      return { kind: 'damaged' };
  }
}

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

const signed24 = (body: Uint8Array, at: number): number =>
  ((body[at]! << 24) | (body[at + 1]! << 16) | (body[at + 2]! << 8)) >> 8;
