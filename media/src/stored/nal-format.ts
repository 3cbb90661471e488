import type { VideoConfig } from '../codec/codec.js';

/** What one has to know about the NAL units of a codec to make a byte stream of them. */
export interface NalFormat {
  /** In the PMT: stream_type and descriptors (ISO 13818-1 table 2-34, 2.6.8). */
  readonly streamType: number;
  readonly descriptors: Uint8Array;
  /** The delimiter that begins each access unit in MPEG-TS, for a picture of any kind. */
  readonly delimiter: Uint8Array;
  readonly typeOf: (nal: Uint8Array) => number;
  readonly isDelimiter: (type: number) => boolean;
  /** Bytes that only fill a constant bitrate. */
  readonly isFiller: (type: number) => boolean;
  readonly isSlice: (type: number) => boolean;
  readonly isRandomAccess: (type: number) => boolean;
  /** A parameter set, or supplemental information about the picture that follows. */
  readonly isPreface: (type: number) => boolean;
  /** All of them precede the first slice of a picture with which a decoder can start. */
  readonly parameterSets: readonly number[];
}

/** ITU-T H.264 table 7-1. */
const h264: NalFormat = {
  streamType: 0x1b,
  descriptors: new Uint8Array(0),
  delimiter: Uint8Array.of(0x09, 0xf0),
  typeOf: (nal) => nal[0]! & 0x1f,
  isDelimiter: (type) => type === 9,
  isFiller: (type) => type === 12,
  isSlice: (type) => type >= 1 && type <= 5,
  isRandomAccess: (type) => type === 5,
  isPreface: (type) => type >= 6 && type <= 8,
  parameterSets: [7, 8],
};

/** ITU-T H.265 table 7-1. */
const hevc: NalFormat = {
  streamType: 0x24,
  descriptors: Uint8Array.of(0x05, 4, ...ascii('HEVC')),
  delimiter: Uint8Array.of(0x46, 0x01, 0x50),
  typeOf: (nal) => (nal[0]! >> 1) & 0x3f,
  isDelimiter: (type) => type === 35,
  isFiller: (type) => type === 38,
  isSlice: (type) => type <= 31,
  isRandomAccess: (type) => type >= 16 && type <= 23,
  isPreface: (type) => (type >= 32 && type <= 34) || type === 39,
  parameterSets: [32, 33, 34],
};

export const NAL_FORMATS: Record<VideoConfig['format'], NalFormat> = { h264, hevc };

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
