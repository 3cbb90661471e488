import type { PlayerRendition, WantedRendition } from '@topicast/player';
import type { Choice } from './choice';
import { formatBitrate, formatQuality } from './format';

/** `720p`; without a picture `Sound only`; where nobody said, its number. */
export function qualityName({ rendition, videoCodec, audioCodec, ...video }: PlayerRendition): string {
  const { width, height } = video;
  return (
    formatQuality({ width, height }) ??
    (audioCodec && !videoCodec ? 'Sound only' : `Quality ${rendition + 1}`)
  );
}

/** What can be chosen, best first; nothing where there is no choice. */
export function qualityChoices(
  renditions: readonly PlayerRendition[],
  inUse: number | undefined,
): Choice<WantedRendition>[] {
  if (renditions.length < 2) return [];
  const current = renditions.find(({ rendition }) => rendition === inUse);
  const auto = {
    value: 'auto',
    name: current ? `Auto (${qualityName(current)})` : 'Auto',
    disabled: false,
  } as const;
  return [auto, ...renditions.map(choiceOf)];
}

function choiceOf(rendition: PlayerRendition): Choice<WantedRendition> {
  const { playable, bitrate } = rendition;
  const note = playable ? bitrate && formatBitrate(bitrate) : 'not in this browser';
  return {
    value: rendition.rendition,
    name: qualityName(rendition),
    disabled: !playable,
    ...(note ? { note } : {}),
  };
}
