import { concatenated } from '../../bytes.js';
import { initSegment, type TrackInit } from '../init-segment.js';
import { type FragmentSample, mediaFragment } from '../media-fragment.js';

/** Gives the samples of a fragment the form that a decoder takes. */
export interface FragmentWriter {
  init(track: TrackInit): Uint8Array<ArrayBuffer>;
  /** @param decodeTime of the first sample */
  fragment(
    sequence: number,
    trackId: number,
    decodeTime: number,
    samples: readonly FragmentSample[],
  ): Uint8Array<ArrayBuffer>;
}

const LIVE = { majorBrand: 'isom', brands: ['isom', 'avc1'], duration: 'infinite' } as const;

/** For source buffers: ftyp and moov, then one moof and mdat for each fragment. */
export const mp4: FragmentWriter = {
  init: (track) => initSegment([track], LIVE),
  fragment: mediaFragment,
};

/** For decoders that read no MP4 (WebCodecs): the samples themselves. */
export const coded: FragmentWriter = {
  init: () => new Uint8Array(),
  fragment: (_sequence, _trackId, _decodeTime, samples) =>
    concatenated(samples.flatMap(({ parts }) => parts)),
};
