import type { Track, VideoTrack } from '@topicast/contracts/catalog';
import type { Rung } from '@topicast/contracts/ladder';
import type { Ticks90k } from '@topicast/contracts/units';
import type { EncodingSettings } from '../../config.js';
import type { EncodingPlan } from '../../ffmpeg/arguments.js';
import type { RungLimits } from '../../ffmpeg/asked.js';
import { fitLadder } from '../../ffmpeg/plan.js';

/** What lower renditions are made of. */
export interface Original {
  readonly pid: number | undefined;
  readonly codec: string | undefined;
  readonly width: number;
  readonly height: number;
  /** Pictures a second, as far as that has shown. */
  readonly frameRate: number | undefined;
}

/** Which lower renditions are made of it, the largest first. */
export interface Making {
  readonly original: Original;
  readonly rungs: readonly RungLimits[];
}

/** The picture that comes; undefined as long as it has not described itself. */
export function originalOf(tracks: readonly Track[]): Original | undefined {
  const picture = tracks.find((track): track is VideoTrack => track.kind === 'video');
  if (picture?.width === undefined || picture.height === undefined) return undefined;
  const { pid, codec, width, height, frameRate } = picture;
  return { pid, codec, width, height, frameRate };
}

/** What is to be made of this picture: the rungs that are smaller. Undefined if there is none. */
export function makingOf(
  original: Original,
  ladder: readonly Rung[] | undefined,
  limits: Pick<EncodingSettings, 'maxHeight' | 'maxVideoBitrate'>,
): Making | undefined {
  const smaller = (ladder ?? []).filter(({ height }) => height < original.height);
  const rungs = fitLadder(smaller, original.height, limits);
  return rungs.length > 0 ? { original, rungs } : undefined;
}

/**
 * Whether the encoder of one can go on with the other. The rate shows better and better, and tells an encoder only how to
 * spend its bits; a slate may have another profile.
 */
export function isSameMaking(one: Making, other: Making): boolean {
  const essence = ({ original: { pid, codec, width, height }, rungs }: Making): string =>
    JSON.stringify([pid, codec?.split('.')[0], width, height, rungs]);
  return essence(one) === essence(other);
}

/** @param reordering how much later its keyframes are shown than decoded */
export const planOf = ({ original, rungs }: Making, reordering: Ticks90k): EncodingPlan => ({
  ...{ input: { kind: 'published', reordering }, video: 'encode', audio: 'encode', soundTrack: 'none' },
  ...{ rate: original.frameRate, ladder: rungs },
  // Fields stay as they are: the rendition that is passed on has them too, and without them no picture waits for the next.
  isProgressive: true,
});
