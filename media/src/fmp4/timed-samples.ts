import { type Ticks90k, ticks90k } from '@topicast/contracts/units';
import type { AudioRun, VideoSample } from '../samples/sample.js';
import type { FragmentSample } from './media-fragment.js';

/** Consecutive samples of one track, with their durations, in the track's time scale. */
export interface TimedSamples {
  readonly decodeTime: number;
  readonly samples: readonly FragmentSample[];
}

/**
 * Pictures with their true durations, up to the decode time of the next picture.
 * @param next the decode time of the picture after the last one, if it is known and on the same timeline; otherwise the
 * last picture lasts as long as the previous one
 */
export function timedPictures(pictures: readonly VideoSample[], next: Ticks90k | undefined): TimedSamples {
  const end = next ?? ticks90k((pictures.at(-1)?.placement.decode ?? 0) + (pictures.at(-1)?.duration ?? 0));
  return {
    decodeTime: pictures[0]?.placement.decode ?? 0,
    samples: pictures.map(({ parts, placement, keyframe }, i) => ({
      parts,
      duration: (pictures[i + 1]?.placement.decode ?? end) - placement.decode,
      video: { keyframe, compositionOffset: placement.presentation - placement.decode },
    })),
  };
}

/** Sound, counted from its first sample. */
export function timedSound(run: AudioRun): TimedSamples {
  return {
    decodeTime: run.start,
    samples: run.frames.map(({ data, length }) => ({ parts: [data], duration: length })),
  };
}
