import type { Fragment, InitSegment, TrackKind } from '@topicast/media/fmp4';

const KIND: Readonly<Record<TrackKind, string>> = { video: 'video', audio: 'sound' };

/**
 * One sentence about the codecs that this browser cannot play, or undefined. It is asked before anything is appended.
 */
export function unplayable(
  fragments: readonly Fragment[],
  isTypeSupported: (mimeType: string) => boolean,
): string | undefined {
  const lacking = fragments.flatMap(({ track, init }) =>
    init && !isTypeSupported(init.mimeType) ? [`${init.title} ${KIND[track]} (${codecOf(init)})`] : [],
  );
  if (lacking.length === 0) return undefined;
  return `This browser cannot play ${[...new Set(lacking)].join(' and ')}.`;
}

const codecOf = ({ mimeType }: InitSegment): string => /codecs="(.*)"/.exec(mimeType)?.[1] ?? mimeType;
