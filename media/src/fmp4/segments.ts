import { concatenated } from '../bytes.js';
import type { AudioConfig, VideoConfig } from '../codec/codec.js';
import { box, letters, u32 } from '../iso-bmff.js';
import { initSegment } from './init-segment.js';
import { mediaFragment } from './media-fragment.js';
import type { TimedSamples } from './timed-samples.js';

/**
 * CMAF (ISO 23000-19) for HLS and DASH: an init segment, and segments of parts, of one track each. One track a file, for
 * CMAF allows no other, DASH players want it so, HLS takes audio as a rendition of its own (`EXT-X-MEDIA`), and a viewer
 * may change the picture's quality or the language without loading the other track again.
 *
 * A part is a CMAF chunk (moof and mdat); the first of a segment begins with `styp`. A segment is its parts, one behind the
 * other, so that LL-HLS's parts and whole segments are the same bytes. All bytes depend on the samples alone: sequence
 * numbers are counted from the segment's number.
 */
const TRACK_ID = 1;
const CMAF_BRANDS = ['iso6', 'cmfc'];
/** So many parts a segment have numbers of their own in `mfhd`. */
const MAX_PARTS = 1_000;

export const cmafInit = (config: VideoConfig | AudioConfig, language?: string): Uint8Array<ArrayBuffer> =>
  initSegment([{ id: TRACK_ID, config, language }], {
    majorBrand: 'iso6',
    brands: CMAF_BRANDS,
    duration: 'in fragments',
  });

/** Where a part stands: of the GOP number's segment, counted from 0. */
export interface PartNumber {
  readonly segment: number;
  readonly part: number;
}

/** @param timed samples with their true durations */
export function cmafPart({ segment, part }: PartNumber, timed: TimedSamples): Uint8Array<ArrayBuffer> {
  const sequence = (segment * MAX_PARTS + part + 1) % 2 ** 32;
  const fragment = mediaFragment(sequence, TRACK_ID, timed.decodeTime, timed.samples);
  return part === 0 ? concatenated([segmentType(), fragment]) : fragment;
}

const segmentType = (): Uint8Array =>
  box('styp', letters('msdh'), u32(0), ['msdh', 'msix', ...CMAF_BRANDS].flatMap(letters));
