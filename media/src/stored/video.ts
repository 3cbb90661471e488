import { concatenated } from '../bytes.js';
import type { VideoConfig } from '../codec/codec.js';
import { NAL_FORMATS } from './nal-format.js';

/** No level allows as many NAL units in a picture (H.264 table A-1, H.265 table A.8). */
const MAX_NALS = 8_192;
/** Encoders send some hundred bytes, and each keyframe repeats them. */
const MAX_RECORD_BYTES = 16 * 1024;
/** Encoders send two or three. */
const MAX_SETS = 64;
const NO_BYTES = new Uint8Array(0);
const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** What a decoder record says (ISO 14496-15 5.3.3, 8.3.3): all that pictures in stored form need to become a byte stream. */
export interface StoredVideo {
  readonly format: VideoConfig['format'];
  /** The size of the length before each NAL unit. */
  readonly lengthBytes: number;
  readonly parameterSets: readonly Uint8Array[];
}

/** The body of `avcC` or `hvcC`, as FLV and RTMP carry it too; undefined if it is damaged, or larger than any encoder's. */
export function readDecoderRecord(
  format: VideoConfig['format'],
  record: Uint8Array,
): StoredVideo | undefined {
  if (record.byteLength > MAX_RECORD_BYTES) return undefined;
  const found = format === 'h264' ? readAvc(record) : readHevc(record);
  if (!found || found.parameterSets.length > MAX_SETS) return undefined;
  const { typeOf, parameterSets } = NAL_FORMATS[format];
  const types = new Set(found.parameterSets.map(typeOf));
  return parameterSets.every((type) => types.has(type)) ? { format, ...found } : undefined;
}

export type ByteStream =
  /** An access unit with start codes. */
  | { readonly kind: 'picture'; readonly bytes: Uint8Array; readonly isKey: boolean }
  /** No slice is in it: what of it belongs before the next picture, with lengths. */
  | { readonly kind: 'preface'; readonly data: Uint8Array }
  | { readonly kind: 'damaged' };

/**
 * A picture with lengths (ISO 14496-15 5.3.2) as an access unit: a delimiter, before a keyframe the parameter sets
 * unless it has them itself, and the NAL units without fillers.
 *
 * @param preface of messages without a slice that came before it
 */
export function toByteStream(
  { format, lengthBytes, parameterSets }: StoredVideo,
  picture: Uint8Array,
  isMarkedKey: boolean,
  preface: Uint8Array = NO_BYTES,
): ByteStream {
  const codec = NAL_FORMATS[format];
  const split = splitByLength(picture, lengthBytes);
  if (!split) return { kind: 'damaged' };
  if (!split.some((nal) => codec.isSlice(codec.typeOf(nal)))) {
    const kept = split.filter((nal) => codec.isPreface(codec.typeOf(nal)));
    return { kind: 'preface', data: concatenated(kept.flatMap((nal) => [lengthOf(nal, lengthBytes), nal])) };
  }
  const nals = [...(splitByLength(preface, lengthBytes) ?? []), ...split].filter((nal) => {
    const type = codec.typeOf(nal);
    return !codec.isDelimiter(type) && !codec.isFiller(type);
  });
  const types = nals.map(codec.typeOf);
  const firstSlice = types.findIndex(codec.isSlice);
  const isKey = isMarkedKey || codec.isRandomAccess(types[firstSlice]!);
  const before = types.slice(0, firstSlice);
  const hasOwn = codec.parameterSets.every((type) => before.includes(type));
  const sets = isKey && !hasOwn ? parameterSets : [];
  const units = [codec.delimiter, ...sets, ...nals];
  return { kind: 'picture', bytes: concatenated(units.flatMap((unit) => [START_CODE, unit])), isKey };
}

function lengthOf(nal: Uint8Array, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, i) => nal.byteLength >>> (8 * (lengthBytes - 1 - i)));
}

function splitByLength(picture: Uint8Array, lengthBytes: number): Uint8Array[] | undefined {
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < picture.byteLength) {
    const start = at + lengthBytes;
    let length = 0;
    for (; at < start; at++) length = length * 256 + (picture[at] ?? 0);
    if (start + length > picture.byteLength || nals.length > MAX_NALS) return undefined;
    if (length > 0) nals.push(picture.subarray(start, start + length));
    at = start + length;
  }
  return nals;
}

/**
 * AVCDecoderConfigurationRecord:
 *
 *   version 8 | profile, compatibility, level | 111111, length size - 1 2 | 111, count of SPS 5, each with length 16 |
 *   count of PPS 8, each with length 16 | extensions
 */
function readAvc(record: Uint8Array): Omit<StoredVideo, 'format'> | undefined {
  const reader = new RecordReader(record, 4);
  const lengthBytes = (reader.byte() & 3) + 1;
  const parameterSets = [...reader.sets(reader.byte() & 0x1f), ...reader.sets(reader.byte())];
  return record[0] === 1 && !reader.isBeyond ? { lengthBytes, parameterSets } : undefined;
}

/**
 * HEVCDecoderConfigurationRecord: 21 bytes of facts | ..., length size - 1 2 | count of arrays 8, and for each:
 *
 *   complete 1, 0, type 6 | count 16, each with length 16
 */
function readHevc(record: Uint8Array): Omit<StoredVideo, 'format'> | undefined {
  const reader = new RecordReader(record, 21);
  const lengthBytes = (reader.byte() & 3) + 1;
  const parameterSets: Uint8Array[] = [];
  const { parameterSets: wanted } = NAL_FORMATS.hevc;
  for (let arrays = reader.byte(); arrays > 0 && !reader.isBeyond; arrays--) {
    const type = reader.byte() & 0x3f;
    const sets = reader.sets(reader.word());
    if (wanted.includes(type)) parameterSets.push(...sets);
  }
  return reader.isBeyond ? undefined : { lengthBytes, parameterSets };
}

/** Reads as zeros what is beyond the end, and says so. */
class RecordReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isBeyond(): boolean {
    return this.#at > this.#bytes.byteLength;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  word(): number {
    return this.byte() * 256 + this.byte();
  }

  sets(count: number): Uint8Array[] {
    const sets: Uint8Array[] = [];
    for (let left = count; left > 0 && !this.isBeyond; left--) {
      const length = this.word();
      // A copy: the record may be a view of a larger buffer, and the sets are kept.
      if (length > 0) sets.push(new Uint8Array(this.#bytes.subarray(this.#at, this.#at + length)));
      this.#at += length;
    }
    return sets;
  }
}
