import { box, u16 } from '../iso-bmff.js';
import type { AccessUnit, VideoCodec, VideoConfig } from './codec.js';
import { parseSps } from './h264-sps.js';
import { beginsWithStartCode, distinct, nalUnits } from './nal.js';
import { visualSampleEntry } from './sample-entry.js';

/** ITU-T H.264, carried as in ISO 13818-1 2.14 and stored as in ISO 14496-15 5. */
const STREAM_TYPE_H264 = 0x1b;

const NAL_SLICE = 1;
const NAL_IDR = 5;
const NAL_SEI = 6;
const NAL_SPS = 7;
const NAL_PPS = 8;
const NAL_DELIMITER = 9;
const SEI_RECOVERY_POINT = 6;

const typeOf = (nal: Uint8Array): number => nal[0]! & 0x1f;
const isSlice = (nal: Uint8Array): boolean => typeOf(nal) >= NAL_SLICE && typeOf(nal) <= NAL_IDR;
const ofType = (nals: readonly Uint8Array[], type: number): Uint8Array[] =>
  nals.filter((nal) => typeOf(nal) === type);

export const h264: VideoCodec = {
  format: 'h264',
  isCarriedBy: ({ type }) => type === STREAM_TYPE_H264,

  inspect(unit) {
    const nals = nalUnits(unit, isSlice);
    const [sps] = ofType(nals, NAL_SPS).slice(-1);
    return { keyframe: isKeyframe(nals), picture: sps && parseSps(sps) };
  },

  read: readAccessUnit,

  /** AVCDecoderConfigurationRecord (ISO 14496-15 5.3.3.1). */
  decoderRecord({ parameterSets }) {
    const [sps, pps] = [ofType(parameterSets, NAL_SPS), ofType(parameterSets, NAL_PPS)];
    const [, profile = 0, compatibility = 0, level = 0] = sps[0] ?? [];
    const withLength = (set: Uint8Array) => [...u16(set.byteLength), ...set];
    return [
      ...[1, profile, compatibility, level, 0xff], // lengths of four bytes
      ...[0xe0 | sps.length, ...sps.flatMap(withLength)],
      ...[pps.length, ...pps.flatMap(withLength)],
    ];
  },

  sampleEntry(config) {
    return visualSampleEntry('avc1', config, box('avcC', h264.decoderRecord(config)));
  },
};

/** Picture parameter sets that `avcC` can count. */
const MAX_SPS = 31;
const MAX_PPS = 255;

function readAccessUnit(unit: Uint8Array): AccessUnit | undefined {
  if (!beginsWithStartCode(unit)) return undefined;
  const all = nalUnits(unit);
  if (!all.some(isSlice)) return undefined;
  const nals = all.filter((nal) => ![NAL_SPS, NAL_PPS, NAL_DELIMITER].includes(typeOf(nal)));
  const pps = distinct(ofType(all, NAL_PPS));
  if (!isKeyframe(all)) return { nals, config: undefined, looseSets: pps };
  const config = configOf(distinct(ofType(all, NAL_SPS)), pps);
  return config && { nals, config, looseSets: [] };
}

function configOf(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): VideoConfig | undefined {
  const pictures = sps.map(parseSps);
  const [picture] = pictures;
  if (!picture || pictures.includes(undefined) || sps.length > MAX_SPS || pps.length > MAX_PPS)
    return undefined;
  return { kind: 'video', format: 'h264', ...picture, parameterSets: [...sps, ...pps] };
}

/** A decoder can start with an IDR picture or a recovery point, if the parameter sets come before the first slice. */
function isKeyframe(nals: readonly Uint8Array[]): boolean {
  const first = nals.findIndex(isSlice);
  if (first < 0) return false;
  const before = nals.slice(0, first);
  return (
    (typeOf(nals[first]!) === NAL_IDR || ofType(before, NAL_SEI).some(hasRecoveryPoint)) &&
    [NAL_SPS, NAL_PPS].every((type) => before.some((nal) => typeOf(nal) === type))
  );
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
