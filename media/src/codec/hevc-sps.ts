import { BitReader } from './bits.js';
import type { Picture } from './codec.js';

interface HevcSps extends Picture {
  /** general_profile_space up to general_level_idc (7.3.3), which `hvcC` repeats. */
  readonly profileTierLevel: readonly number[];
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
}

/** NAL unit header, and sps_video_parameter_set_id. */
const HEAD_BITS = 16 + 4;
const PROFILE_BYTES = 12;
const SUB_LAYER_PROFILE_BITS = 88;
const MAX_SIDE = 16_384;

/** What a sequence parameter set (ITU-T H.265 7.3.2.2.1) says about the picture, or undefined if it is damaged. */
export function parseHevcSps(sps: Uint8Array): HevcSps | undefined {
  const bits = new BitReader(sps);
  bits.skip(HEAD_BITS);
  const maxSubLayersMinus1 = bits.bits(3);
  const temporalIdNested = bits.flag();
  const profileTierLevel = Array.from({ length: PROFILE_BYTES }, () => bits.bits(8));
  skipSubLayers(bits, maxSubLayersMinus1);
  bits.unsigned(); // sps_seq_parameter_set_id
  const chromaFormat = bits.unsigned();
  const separatePlanes = chromaFormat === 3 && bits.flag();
  const [codedWidth, codedHeight] = [bits.unsigned(), bits.unsigned()];
  const [left, right, top, bottom] = bits.flag()
    ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
    : [0, 0, 0, 0];
  const [bitDepthLuma, bitDepthChroma] = [8 + bits.unsigned(), 8 + bits.unsigned()];
  if (bits.exhausted || chromaFormat > 3 || Math.max(bitDepthLuma, bitDepthChroma) > 16) return undefined;
  const cropX = !separatePlanes && (chromaFormat === 1 || chromaFormat === 2) ? 2 : 1;
  const cropY = !separatePlanes && chromaFormat === 1 ? 2 : 1;
  const width = codedWidth - (left + right) * cropX;
  const height = codedHeight - (top + bottom) * cropY;
  if (!(width > 0 && width <= MAX_SIDE && height > 0 && height <= MAX_SIDE)) return undefined;
  return {
    codec: codecOf(profileTierLevel),
    ...{ width, height, profileTierLevel, chromaFormat, bitDepthLuma, bitDepthChroma, temporalIdNested },
    temporalLayers: maxSubLayersMinus1 + 1,
  };
}

function skipSubLayers(bits: BitReader, count: number): void {
  const present = Array.from({ length: count }, () => ({ profile: bits.flag(), level: bits.flag() }));
  if (count > 0) bits.skip(2 * (8 - count));
  for (const { profile, level } of present)
    bits.skip((profile ? SUB_LAYER_PROFILE_BITS : 0) + (level ? 8 : 0));
}

/** ISO 14496-15 E.3: hvc1.1.6.L93.90, the compatibility flags from their last bit, constraints without zeros behind. */
function codecOf(profileTierLevel: readonly number[]): string {
  const [first = 0] = profileTierLevel;
  const space = ['', 'A', 'B', 'C'][first >> 6];
  const tier = first & 0x20 ? 'H' : 'L';
  const flags = profileTierLevel
    .slice(1, 5)
    .flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  const compatibility = flags.reduceRight((value, flag) => value * 2 + flag, 0).toString(16);
  const constraints = profileTierLevel.slice(5, 11);
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  const level = profileTierLevel[11];
  const tail = constraints.map((byte) => byte.toString(16).toUpperCase());
  return [`hvc1.${space}${first & 0x1f}`, compatibility, `${tier}${level}`, ...tail].join('.');
}
