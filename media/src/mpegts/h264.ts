/** What the chunker needs to know of H.264 (ITU-T H.264): where a decoder can start, and the picture's size. */
export interface AccessUnitInfo {
  /** An IDR picture or a recovery point, with the parameter sets to decode it. */
  readonly keyframe: boolean;
  /** The sequence parameter set's bytes where the unit carries one, without start code; a view. */
  readonly sps: Uint8Array | undefined;
}

const NAL_SLICE = 1;
const NAL_IDR = 5;
const NAL_SEI = 6;
const NAL_SPS = 7;
const NAL_PPS = 8;
const SEI_RECOVERY_POINT = 6;

/** Reads the NAL units up to the first slice: all that tells a keyframe comes before it. */
export function inspectAccessUnit(bytes: Uint8Array): AccessUnitInfo {
  let sps: Uint8Array | undefined;
  let pps = false;
  let recoveryPoint = false;
  let at = nextNal(bytes, 0);
  while (at < bytes.byteLength) {
    const type = bytes[at]! & 0x1f;
    if (type >= NAL_SLICE && type <= NAL_IDR) {
      return { keyframe: (type === NAL_IDR || recoveryPoint) && sps !== undefined && pps, sps };
    }
    const next = nextNal(bytes, at);
    const nal = bytes.subarray(at, next);
    if (type === NAL_SPS) sps = withoutTrailingStartCode(nal, next, bytes);
    else if (type === NAL_PPS) pps = true;
    else if (type === NAL_SEI) recoveryPoint ||= hasRecoveryPoint(nal);
    at = next;
  }
  return { keyframe: false, sps };
}

/** Index of the first byte after the next start code (Annex B) from `from` on, or the length. */
function nextNal(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at + 1;
  }
  return bytes.byteLength;
}

function withoutTrailingStartCode(nal: Uint8Array, end: number, bytes: Uint8Array): Uint8Array {
  let length = nal.byteLength - (end < bytes.byteLength ? 3 : 0);
  while (length > 0 && nal[length - 1] === 0) length--;
  return nal.subarray(0, length);
}

function hasRecoveryPoint(nal: Uint8Array): boolean {
  let at = 1;
  while (at + 2 < nal.byteLength && nal[at] !== 0x80) {
    let type = 0;
    while (nal[at] === 0xff) type += nal[at++]!;
    type += nal[at++]!;
    let size = 0;
    while (nal[at] === 0xff) size += nal[at++]!;
    size += nal[at++] ?? 0;
    if (type === SEI_RECOVERY_POINT) return true;
    at += size;
  }
  return false;
}

export interface PictureFormat {
  /** RFC 6381. */
  readonly codec: string;
  /** Pixels shown, after cropping. */
  readonly width: number;
  readonly height: number;
}

/** The picture format a sequence parameter set (7.3.2.1.1) describes, or undefined if it is damaged. */
export function parseSps(sps: Uint8Array): PictureFormat | undefined {
  if (sps.byteLength < 5) return undefined;
  const hex = Array.from(sps.subarray(1, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bits = new ExpGolombReader(sps.subarray(4));
  bits.unsigned(); // seq_parameter_set_id
  let chromaFormat = 1;
  let separatePlanes = false;
  if (HIGH_PROFILES.has(sps[1]!)) {
    chromaFormat = bits.unsigned();
    if (chromaFormat === 3) separatePlanes = bits.flag();
    bits.unsigned(); // bit_depth_luma_minus8
    bits.unsigned(); // bit_depth_chroma_minus8
    bits.flag(); // qpprime_y_zero_transform_bypass_flag
    if (bits.flag()) {
      for (let i = 0; i < (chromaFormat === 3 ? 12 : 8); i++)
        if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64);
    }
  }
  bits.unsigned(); // log2_max_frame_num_minus4
  const orderType = bits.unsigned();
  if (orderType === 0) bits.unsigned();
  else if (orderType === 1) {
    bits.flag();
    bits.signed();
    bits.signed();
    const cycle = Math.min(bits.unsigned(), 255);
    for (let i = 0; i < cycle; i++) bits.signed();
  }
  bits.unsigned(); // max_num_ref_frames
  bits.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = bits.unsigned() + 1;
  const heightInMapUnits = bits.unsigned() + 1;
  const frameMbsOnly = bits.flag();
  if (!frameMbsOnly) bits.flag(); // mb_adaptive_frame_field_flag
  bits.flag(); // direct_8x8_inference_flag
  const crop = bits.flag()
    ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
    : [0, 0, 0, 0];
  if (bits.exhausted) return undefined;
  const chroma = separatePlanes ? 0 : chromaFormat;
  const cropX = chroma === 1 || chroma === 2 ? 2 : 1;
  const cropY = (chroma === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
  const width = widthInMbs * 16 - (crop[0]! + crop[1]!) * cropX;
  const height = heightInMapUnits * 16 * (frameMbsOnly ? 1 : 2) - (crop[2]! + crop[3]!) * cropY;
  if (!(width > 0 && width <= 16384 && height > 0 && height <= 16384)) return undefined;
  return { codec: `avc1.${hex}`, width, height };
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingList(bits: ExpGolombReader, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size && next !== 0; i++) {
    next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}

/** Reads bits and Exp-Golomb codes (9.1), stepping over emulation prevention bytes; reads zeros past the end. */
class ExpGolombReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(escaped: Uint8Array) {
    this.bytes = escaped.filter(
      (byte, i) => !(byte === 3 && i >= 2 && escaped[i - 1] === 0 && escaped[i - 2] === 0),
    );
  }

  get exhausted(): boolean {
    return this.at > this.bytes.byteLength * 8;
  }

  private bit(): number {
    const bit = ((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1;
    this.at++;
    return bit;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && !this.exhausted && this.bit() === 0) zeros++;
    let value = 0;
    for (let i = 0; i < zeros; i++) value = value * 2 + this.bit();
    return 2 ** zeros - 1 + value;
  }

  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}
