import { BitReader } from './bits.js';
import type { VideoConfig } from './codec.js';

type SpsFacts = Pick<VideoConfig, 'codec' | 'width' | 'height' | 'sampleAspectRatio'>;

/** What a sequence parameter set (ITU-T H.264 7.3.2.1.1) says about the picture, or undefined if it is damaged. */
export function parseSps(sps: Uint8Array): SpsFacts | undefined {
  if (sps.byteLength < 5) return undefined;
  const hex = Array.from(sps.subarray(1, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bits = new BitReader(sps.subarray(4));
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
  const sampleAspectRatio = (bits.flag() && readAspectRatio(bits)) || SQUARE;
  if (bits.exhausted) return undefined;
  const chroma = separatePlanes ? 0 : chromaFormat;
  const cropX = chroma === 1 || chroma === 2 ? 2 : 1;
  const cropY = (chroma === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
  const width = widthInMbs * 16 - (crop[0]! + crop[1]!) * cropX;
  const height = heightInMapUnits * 16 * (frameMbsOnly ? 1 : 2) - (crop[2]! + crop[3]!) * cropY;
  if (!(width > 0 && width <= 16384 && height > 0 && height <= 16384)) return undefined;
  return { codec: `avc1.${hex}`, width, height, sampleAspectRatio };
}

const SQUARE: readonly [number, number] = [1, 1];
const EXTENDED_RATIO = 255;
/** Table E-1, from aspect_ratio_idc 1 on. */
const RATIOS: readonly (readonly [number, number])[] = [
  ...([
    [1, 1],
    [12, 11],
    [10, 11],
    [16, 11],
    [40, 33],
    [24, 11],
    [20, 11],
    [32, 11],
  ] as const),
  ...([
    [80, 33],
    [18, 11],
    [15, 11],
    [64, 33],
    [160, 99],
    [4, 3],
    [3, 2],
    [2, 1],
  ] as const),
];

/** The beginning of vui_parameters (E.1.1). */
function readAspectRatio(bits: BitReader): readonly [number, number] | undefined {
  if (!bits.flag()) return undefined;
  const index = bits.bits(8);
  const ratio = index === EXTENDED_RATIO ? ([bits.bits(16), bits.bits(16)] as const) : RATIOS[index - 1];
  return ratio && ratio[0] > 0 && ratio[1] > 0 ? ratio : undefined;
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingList(bits: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size && next !== 0; i++) {
    next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}
