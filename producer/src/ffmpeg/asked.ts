import { DEFAULT_KEYFRAME_SECONDS, type EncodingPreset } from '@topicast/contracts/encoding';
import type { EncodingSettings } from '../config.js';

/** The limits of a rendition's video. */
export interface RungLimits {
  readonly height: number;
  readonly bitrate: number;
}

type Limited = Pick<EncodingSettings, 'maxHeight' | 'maxVideoBitrate' | 'asked'>;

/** Of a stream with one rendition: what its streamer wants, and the operator allows. */
export const limitsOf = ({ maxHeight, maxVideoBitrate, asked }: Limited): RungLimits => ({
  height: Math.min(maxHeight, asked?.height ?? maxHeight),
  bitrate: Math.min(maxVideoBitrate, bitsOf(asked?.kbit) ?? maxVideoBitrate),
});

const bitsOf = (kbit: number | undefined): number | undefined =>
  kbit === undefined ? undefined : Math.round(kbit * 1000);

/** What was asked for and is not done, one sentence each. */
export function notesOnLimits({ maxHeight, maxVideoBitrate, asked = {} }: Limited): string[] {
  const isTooHigh = (asked.height ?? 0) > maxHeight;
  const isTooMuch = (bitsOf(asked.kbit) ?? 0) > maxVideoBitrate;
  return [
    ...(isTooHigh
      ? [
          `The picture has at most ${maxHeight} lines: this producer encodes no larger ones (TOPICAST_VIDEO_MAX_HEIGHT).`,
        ]
      : []),
    ...(isTooMuch
      ? [
          `The video has at most ${maxVideoBitrate / 1000} kbit/s: this producer gives no more (TOPICAST_VIDEO_MAX_KBIT).`,
        ]
      : []),
  ];
}

export const presetOf = ({ asked }: Limited): EncodingPreset => asked?.preset ?? 'low-latency';

export const keyframeSecondsOf = ({ asked }: Limited): number =>
  asked?.keyframeSeconds ?? DEFAULT_KEYFRAME_SECONDS;
