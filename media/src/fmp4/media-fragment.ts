import { box, fullBox, u32, u64 } from '../iso-bmff.js';

/** One sample of a fragment, times in the track's time scale. */
export interface FragmentSample {
  /** They lie one behind the other. */
  readonly parts: readonly Uint8Array[];
  readonly duration: number;
  /** A picture; sound needs neither. */
  readonly video?: { readonly keyframe: boolean; readonly compositionOffset: number };
}

/** Flags of ISO 14496-12 8.8.7 and 8.8.8. */
const DEFAULT_BASE_IS_MOOF = 0x2_0000;
const DATA_OFFSET = 0x1;
const DURATION = 0x100;
const SIZE = 0x200;
const FLAGS = 0x400;
const COMPOSITION_OFFSET = 0x800;
/** sample_depends_on, and sample_is_non_sync_sample (8.8.3.1). */
const SYNC_SAMPLE = 0x200_0000;
const OTHER_SAMPLE = 0x101_0000;

const BOX_HEADER_BYTES = 8;
/** moof, mfhd, traf, tfhd, tfdt and the fixed part of trun. */
const MOOF_BYTES = 8 + 16 + 8 + 16 + 20 + 20;
const MDAT = 0x6d64_6174;

/**
 * moof and mdat of one track: samples that follow each other.
 * @param decodeTime of the first one
 */
export function mediaFragment(
  sequence: number,
  trackId: number,
  decodeTime: number,
  samples: readonly FragmentSample[],
): Uint8Array<ArrayBuffer> {
  const isVideo = samples[0]?.video !== undefined;
  const sizes = samples.map(({ parts }) => parts.reduce((sum, part) => sum + part.byteLength, 0));
  const moofBytes = MOOF_BYTES + samples.length * (isVideo ? 16 : 8);
  const flags = DATA_OFFSET | DURATION | SIZE | (isVideo ? FLAGS | COMPOSITION_OFFSET : 0);
  const table = samples.flatMap(({ duration, video }, i) => [
    ...[...u32(duration), ...u32(sizes[i]!)],
    ...(video ? [...u32(video.keyframe ? SYNC_SAMPLE : OTHER_SAMPLE), ...u32(video.compositionOffset)] : []),
  ]);
  const traf = box(
    'traf',
    fullBox('tfhd', { flags: DEFAULT_BASE_IS_MOOF }, u32(trackId)),
    fullBox('tfdt', { version: 1 }, u64(decodeTime)),
    fullBox('trun', { flags }, u32(samples.length), u32(moofBytes + BOX_HEADER_BYTES), table),
  );
  const moof = box('moof', fullBox('mfhd', {}, u32(sequence)), traf);
  const payload = sizes.reduce((sum, size) => sum + size, 0);
  const out = new Uint8Array(moofBytes + BOX_HEADER_BYTES + payload);
  out.set(moof);
  const view = new DataView(out.buffer, moofBytes);
  view.setUint32(0, BOX_HEADER_BYTES + payload);
  view.setUint32(4, MDAT);
  let at = moofBytes + BOX_HEADER_BYTES;
  for (const { parts } of samples) {
    for (const part of parts) {
      out.set(part, at);
      at += part.byteLength;
    }
  }
  return out;
}
