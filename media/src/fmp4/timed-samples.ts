import { type Ticks90k, ticks90k } from '@topicast/contracts/units';
import type { AudioRun, VideoSample } from '../samples/sample.js';
import type { FragmentSample } from './media-fragment.js';

/** Samples of one track that follow each other, with their durations, in the track's time scale. */
export interface TimedSamples {
  readonly decodeTime: number;
  readonly samples: readonly FragmentSample[];
}

/**
 * Pictures with their true durations: up to the decode time of the next one.
 * @param next the decode time of the picture behind the last one, where it is known and of the same timeline; else the last
 * one lasts as long as the one before
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

/** Sound, counted from its first instant. */
export function timedSound(run: AudioRun): TimedSamples {
  return {
    decodeTime: run.start,
    samples: run.frames.map(({ data, length }) => ({ parts: [data], duration: length })),
  };
}
