import { ChunkReader } from '../mpegts/chunk-reader.js';
import { BitReader } from './bits.js';
import { nalUnits } from './nal.js';

const NAL_SPS = 7;
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** With constraint_set3_flag they are of intra pictures alone (A.2), for which nothing is reordered (E.2.1). */
const INTRA_PROFILES = new Set([44, 86, 100, 110, 122, 244]);
const EXTENDED_RATIO = 255;
/** Their output order is their decoding order (8.2.1.3). */
const ORDER_OF_DECODING = 2;

/**
 * Whether a decoder has to expect that pictures are shown in another order than they are decoded in, and so holds them
 * back. Undefined if the chunk, which is a keyframe's, has no H.264.
 */
export function waitsForReordering(chunk: Uint8Array): boolean | undefined {
  const units = new ChunkReader().read(chunk) ?? [];
  const [picture] = units.flatMap(({ track, units }) =>
    track.kind === 'video' && track.codec.format === 'h264' ? units : [],
  );
  const sps = picture && nalUnits(picture.data).find((nal) => (nal[0]! & 0x1f) === NAL_SPS);
  return sps && mayReorder(sps);
}

/**
 * By the sequence parameter set (ITU-T H.264 7.3.2.1.1, E.1.1). It is read here once more, and not in `h264-sps`, because
 * players carry that and have no use for this. Undefined if it is damaged.
 */
export function mayReorder(sps: Uint8Array): boolean | undefined {
  const [, profile = 0, constraints = 0] = sps;
  const bits = new BitReader(sps.subarray(4));
  const orderType = skipToVui(bits, profile);
  const depth = bits.flag() ? reorderDepth(bits) : undefined;
  if (sps.byteLength < 5 || bits.exhausted) return undefined;
  if (orderType === ORDER_OF_DECODING) return false;
  if (depth !== undefined) return depth > 0;
  return !((constraints & 0x10) !== 0 && INTRA_PROFILES.has(profile));
}

/** @returns pic_order_cnt_type */
function skipToVui(bits: BitReader, profile: number): number {
  bits.unsigned(); // seq_parameter_set_id
  if (HIGH_PROFILES.has(profile)) {
    const chromaFormat = bits.unsigned();
    if (chromaFormat === 3) bits.flag();
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
  bits.unsigned(); // pic_width_in_mbs_minus1
  bits.unsigned(); // pic_height_in_map_units_minus1
  if (!bits.flag()) bits.flag(); // frame_mbs_only_flag, mb_adaptive_frame_field_flag
  bits.flag(); // direct_8x8_inference_flag
  if (bits.flag()) for (let i = 0; i < 4; i++) bits.unsigned(); // frame cropping
  return orderType;
}

/** max_num_reorder_frames of vui_parameters; undefined if it is not there. */
function reorderDepth(bits: BitReader): number | undefined {
  if (bits.flag() && bits.bits(8) === EXTENDED_RATIO) bits.skip(32);
  if (bits.flag()) bits.flag(); // overscan_info
  if (bits.flag()) {
    bits.skip(4); // video_format, video_full_range_flag
    if (bits.flag()) bits.skip(24); // colour_description
  }
  if (bits.flag()) {
    bits.unsigned(); // chroma_sample_loc_type_top_field
    bits.unsigned(); // chroma_sample_loc_type_bottom_field
  }
  if (bits.flag()) bits.skip(65); // timing_info
  const hasNalHrd = bits.flag();
  if (hasNalHrd) skipHrd(bits);
  const hasVclHrd = bits.flag();
  if (hasVclHrd) skipHrd(bits);
  if (hasNalHrd || hasVclHrd) bits.flag(); // low_delay_hrd_flag
  bits.flag(); // pic_struct_present_flag
  if (!bits.flag()) return undefined;
  bits.flag(); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) bits.unsigned(); // max_bytes_per_pic_denom .. log2_max_mv_length_vertical
  return bits.unsigned();
}

/** hrd_parameters (E.1.2). */
function skipHrd(bits: BitReader): void {
  const count = Math.min(bits.unsigned(), 31) + 1;
  bits.skip(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    bits.unsigned(); // bit_rate_value_minus1
    bits.unsigned(); // cpb_size_value_minus1
    bits.flag(); // cbr_flag
  }
  bits.skip(20);
}

function skipScalingList(bits: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size && next !== 0; i++) {
    next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}
