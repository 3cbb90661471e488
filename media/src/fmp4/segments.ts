import { concatenated } from '../bytes.js';
import type { AudioConfig, VideoConfig } from '../codec/codec.js';
import { sampleEntryOf } from '../codec/table.js';
import { box, letters, u32 } from '../iso-bmff.js';
import { initSegment } from './init-segment.js';
import { mediaFragment } from './media-fragment.js';
import type { TimedSamples } from './timed-samples.js';

/**
 * CMAF (ISO 23000-19) for HLS and DASH: an init segment, and segments of parts, each with one track. A file has one
 * track because CMAF allows no more, DASH players expect it, and HLS takes audio as a separate rendition
 * (`EXT-X-MEDIA`). A viewer can then change the picture's quality or the language without loading the other track
 * again.
 *
 * A part is a CMAF chunk (moof and mdat); the first part of a segment begins with `styp`. A segment is the sequence of
 * its parts, so LL-HLS's parts and whole segments are the same bytes. All bytes depend only on the samples: sequence
 * numbers are counted from the segment's number.
 */
const TRACK_ID = 1;
const CMAF_BRANDS = ['iso6', 'cmfc'];
/** How many parts of a segment have distinct numbers in `mfhd`. */
const MAX_PARTS = 1_000;

export const cmafInit = (config: VideoConfig | AudioConfig, language?: string): Uint8Array<ArrayBuffer> =>
  initSegment([{ id: TRACK_ID, config, entry: sampleEntryOf(config), language }], {
    majorBrand: 'iso6',
    brands: CMAF_BRANDS,
    duration: 'in fragments',
  });

/** The place of a part: its index, from 0, in the segment of this GOP number. */
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
