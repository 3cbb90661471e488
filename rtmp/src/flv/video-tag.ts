import { afterModifiers, fourCc, fourCcBytes, join, printable } from './extended.js';

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

export type PassedVideo = 'h264' | 'hevc';

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

const FRAME_INTER = 2;

/** What is written: the two kinds of tags that a picture needs. `data` is as in the tag of that kind, in parts. */
export type WrittenVideoTag = { readonly codec: PassedVideo; readonly data: readonly Uint8Array[] } & (
  | { readonly kind: 'config' }
  | { readonly kind: 'picture'; readonly isKey: boolean; readonly compositionMs: number }
);

/** In the form of 2008 for H.264, which everybody reads; HEVC is only in Enhanced RTMP. */
export function writeVideoTag(tag: WrittenVideoTag): Uint8Array {
  const isConfig = tag.kind === 'config';
  const packetType = isConfig ? PACKET_CONFIG : PACKET_PICTURE;
  const frame = isConfig || tag.isKey ? FRAME_KEY : FRAME_INTER;
  const composition = isConfig ? 0 : tag.compositionMs;
  const compositionBytes = [composition >> 16, composition >> 8, composition];
  if (tag.codec === 'h264') return join([(frame << 4) | 7, packetType, ...compositionBytes], tag.data);
  const head = [EXTENDED | (frame << 4) | packetType, ...fourCcBytes('hvc1')];
  return join(isConfig ? head : [...head, ...compositionBytes], tag.data);
}

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

const signed24 = (body: Uint8Array, at: number): number =>
  ((body[at]! << 24) | (body[at + 1]! << 16) | (body[at + 2]! << 8)) >> 8;
