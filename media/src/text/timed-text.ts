import type { ChunkSamples, DataSample, Placement } from '../samples/sample.js';

/** What a chunk carries for text tracks, not yet decoded. */
export interface TimedText {
  /** `captions`: a NAL unit of supplemental enhancement information. `id3`: the content of a PES packet. */
  readonly format: 'captions' | 'id3';
  readonly data: Uint8Array;
  readonly placement: Placement;
}

/** The first byte of a NAL unit of supplemental enhancement information (H.264 7.3.1, H.265 7.3.1.2). */
const SEI = { h264: 6, hevc: 39 << 1 };
/** user_data_registered_itu_t_t35 of ATSC with cc_data: country, provider, "GA94", type (ATSC A/53-4 6.2.3). */
const CAPTIONS = '181,0,49,71,65,57,52,3,';

/**
 * The captions of the pictures, in the order of decoding, and the timed ID3. We copy captions, because a view that is
 * posted to another thread takes its whole buffer along, here the picture.
 */
export const timedTexts = ({ video, data }: ChunkSamples): TimedText[] => [
  ...video.flatMap(({ parts, placement, config }) =>
    parts
      .filter((nal) => nal[0] === SEI[config.format] && nal.join().includes(CAPTIONS))
      .map((nal) => ({ format: 'captions' as const, data: nal.slice(), placement })),
  ),
  ...data.filter((sample): sample is DataSample & { format: 'id3' } => sample.format === 'id3'),
];
