import { letters } from '../iso-bmff.js';

/** One sample of a fragment, times in the track's time scale. */
export interface FragmentSample {
  /** They lie one after the other in memory. */
  readonly parts: readonly Uint8Array[];
  readonly duration: number;
  /** For a picture; sound needs neither. */
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

/** moof, mfhd, traf, tfhd and tfdt, and the fixed part of trun: see the layout below. */
const TRAF_AT = 8 + 16;
const TRUN_AT = TRAF_AT + 8 + 16 + 20;
const TABLE_AT = TRUN_AT + 20;
const MDAT_HEADER_BYTES = 8;

const [MOOF, MFHD, TRAF, TFHD, TFDT, TRUN, MDAT] = [
  'moof',
  'mfhd',
  'traf',
  'tfhd',
  'tfdt',
  'trun',
  'mdat',
].map((type) => letters(type).reduce((word, letter) => word * 256 + letter, 0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/**
 * moof and mdat of one track, with consecutive samples. In words of 32 bits, with sizes and types:
 *
 *   moof | mfhd: 0, sequence | traf | tfhd: flags, track | tfdt: version 1, time 64
 *   trun: flags, count, where the data begins; then for each sample: duration, size, (flags, composition offset)
 *   mdat | samples
 *
 * This runs for each picture that a viewer sees, so it writes everything in one piece.
 * @param decodeTime of the first sample
 */
export function mediaFragment(
  sequence: number,
  trackId: number,
  decodeTime: number,
  samples: readonly FragmentSample[],
): Uint8Array<ArrayBuffer> {
  const isVideo = samples[0]?.video !== undefined;
  const moofBytes = TABLE_AT + samples.length * (isVideo ? 16 : 8);
  const sizes = samples.map(({ parts }) => parts.reduce((sum, part) => sum + part.byteLength, 0));
  const mdatBytes = MDAT_HEADER_BYTES + sizes.reduce((sum, size) => sum + size, 0);
  const out = new Uint8Array(moofBytes + mdatBytes);
  const view = new DataView(out.buffer);
  let at = 0;
  const put = (...words: readonly number[]): void => {
    for (const word of words) {
      view.setUint32(at, word);
      at += 4;
    }
  };
  const flags = DATA_OFFSET | DURATION | SIZE | (isVideo ? FLAGS | COMPOSITION_OFFSET : 0);
  put(moofBytes, MOOF, 16, MFHD, 0, sequence);
  put(moofBytes - TRAF_AT, TRAF, 16, TFHD, DEFAULT_BASE_IS_MOOF, trackId);
  put(20, TFDT, 1 << 24, Math.floor(decodeTime / 2 ** 32), decodeTime);
  put(moofBytes - TRUN_AT, TRUN, flags, samples.length, moofBytes + MDAT_HEADER_BYTES);
  for (const [i, { duration, video }] of samples.entries()) {
    put(duration, sizes[i]!);
    if (video) put(video.keyframe ? SYNC_SAMPLE : OTHER_SAMPLE, video.compositionOffset);
  }
  put(mdatBytes, MDAT);
  for (const { parts } of samples) {
    for (const part of parts) {
      out.set(part, at);
      at += part.byteLength;
    }
  }
  return out;
}
