import { box, u16 } from '../iso-bmff.js';
import { registrationOf } from '../mpegts/descriptors.js';
import type { AccessUnit, VideoCodec, VideoConfig } from './codec.js';
import { parseHevcSps } from './hevc-sps.js';
import { beginsWithStartCode, distinct, nalUnits } from './nal.js';
import { visualSampleEntry } from './sample-entry.js';

/** ITU-T H.265, carried as in ISO 13818-1 2.17 and stored as in ISO 14496-15 8. */
const STREAM_TYPE_HEVC = 0x24;
const STREAM_TYPE_PRIVATE_PES = 0x06;

const LAST_SLICE = 31;
const FIRST_IRAP = 16;
const LAST_IRAP = 23;
const NAL_VPS = 32;
const NAL_SPS = 33;
const NAL_PPS = 34;
const NAL_DELIMITER = 35;
const PARAMETER_SETS = [NAL_VPS, NAL_SPS, NAL_PPS];

const typeOf = (nal: Uint8Array): number => (nal[0]! >> 1) & 0x3f;
const isSlice = (nal: Uint8Array): boolean => typeOf(nal) <= LAST_SLICE;
const ofType = (nals: readonly Uint8Array[], type: number): Uint8Array[] =>
  nals.filter((nal) => typeOf(nal) === type);

export const hevc: VideoCodec = {
  format: 'hevc',
  isCarriedBy: ({ type, descriptors }) =>
    type === STREAM_TYPE_HEVC || (type === STREAM_TYPE_PRIVATE_PES && registrationOf(descriptors) === 'HEVC'),

  inspect(unit) {
    const nals = nalUnits(unit, isSlice);
    const [sps] = ofType(nals, NAL_SPS).slice(-1);
    return { keyframe: isKeyframe(nals), picture: sps && parseHevcSps(sps) };
  },

  read: readAccessUnit,

  decoderRecord: ({ parameterSets }) => decoderConfiguration(parameterSets),

  sampleEntry(config) {
    return visualSampleEntry('hvc1', config, box('hvcC', hevc.decoderRecord(config)));
  },
};

function readAccessUnit(unit: Uint8Array): AccessUnit | undefined {
  if (!beginsWithStartCode(unit)) return undefined;
  const all = nalUnits(unit);
  if (!all.some(isSlice)) return undefined;
  const nals = all.filter((nal) => ![...PARAMETER_SETS, NAL_DELIMITER].includes(typeOf(nal)));
  const sets = PARAMETER_SETS.flatMap((type) => distinct(ofType(all, type)));
  if (!isKeyframe(all)) return { nals, config: undefined, looseSets: sets };
  const config = configOf(sets);
  return config && { nals, config, looseSets: [] };
}

function configOf(parameterSets: readonly Uint8Array[]): VideoConfig | undefined {
  const [sps] = ofType(parameterSets, NAL_SPS);
  const picture = sps && parseHevcSps(sps);
  if (!picture || parameterSets.length > 255) return undefined;
  const { codec, width, height } = picture;
  return { kind: 'video', format: 'hevc', codec, width, height, sampleAspectRatio: undefined, parameterSets };
}

/** An intra random access point (7.4.2.2) with all parameter sets before it. */
function isKeyframe(nals: readonly Uint8Array[]): boolean {
  const first = nals.findIndex(isSlice);
  if (first < 0) return false;
  const type = typeOf(nals[first]!);
  const before = nals.slice(0, first);
  return (
    type >= FIRST_IRAP &&
    type <= LAST_IRAP &&
    PARAMETER_SETS.every((wanted) => before.some((nal) => typeOf(nal) === wanted))
  );
}

/** HEVCDecoderConfigurationRecord (ISO 14496-15 8.3.3.1). */
function decoderConfiguration(parameterSets: readonly Uint8Array[]): number[] {
  const sps = ofType(parameterSets, NAL_SPS)[0]!;
  const facts = parseHevcSps(sps)!;
  return [
    1,
    ...facts.profileTierLevel,
    ...[0xf0, 0, 0xfc], // no spatial segmentation is promised, nor parallelism
    ...[0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepthLuma - 8), 0xf8 | (facts.bitDepthChroma - 8)],
    ...[0, 0], // no average frame rate
    (facts.temporalLayers << 3) | (facts.temporalIdNested ? 4 : 0) | 3, // lengths of four bytes
    PARAMETER_SETS.length,
    ...PARAMETER_SETS.flatMap((type) => {
      const sets = ofType(parameterSets, type);
      return [0x80 | type, ...u16(sets.length), ...sets.flatMap((set) => [...u16(set.byteLength), ...set])];
    }),
  ];
}
