/** One encoding of a stream, with limits for its lines and for its bits a second of video. */
export interface Rung {
  readonly height: number;
  /** Absent: {@link defaultBitrate} of the height. */
  readonly bitrate?: number | undefined;
}

export const RUNG_HEIGHT = { least: 144, most: 2160 } as const;
export const RUNG_BITRATE = { least: 50_000, most: 100_000_000 } as const;
/** Each rung needs one more encoder. */
export const MAX_RUNGS = 6;

/** Bits a second that suit live H.264 of this many lines: 3 Mbit/s at 720, 0.9 at 360, 6.1 at 1080. */
export const defaultBitrate = (height: number): number =>
  Math.max(RUNG_BITRATE.least, Math.round((3_000 * (height / 720) ** 1.75) / 10) * 10_000);

/**
 * Read a ladder as people write it: `720p+360p`. Undefined if the text is not a ladder; `ladderProblem` judges its
 * order.
 */
export function parseLadder(text: string): Rung[] | undefined {
  const rungs = text.split('+').map((rung) => /^(\d{2,4})p$/.exec(rung)?.[1]);
  return rungs.every((height) => height !== undefined)
    ? rungs.map((height) => ({ height: Number(height) }))
    : undefined;
}

/**
 * How many renditions a stream has at most. What an encoder publishes is passed on as the best one, and the rungs are
 * made of it; of other sources, each rung is one.
 */
export const mostRenditions = ({
  source,
  ladder,
}: {
  readonly source: { readonly kind: string };
  readonly ladder?: readonly Rung[] | undefined;
}): number => (source.kind === 'ingest' ? 1 + (ladder?.length ?? 0) : (ladder?.length ?? 1));

/** Why a source cannot be encoded with this ladder; undefined if it can. One sentence for the streamer. */
export function ladderProblem(
  source: { readonly kind: string; readonly copy?: boolean | undefined },
  ladder: readonly Rung[] | undefined,
): string | undefined {
  if (!ladder) return undefined;
  const { least, most } = RUNG_HEIGHT;
  if (ladder.length === 0 || ladder.length > MAX_RUNGS) return `A ladder has 1 to ${MAX_RUNGS} renditions.`;
  if (ladder.some(({ height }) => height < least || height > most)) {
    return `The renditions of a ladder have ${least} to ${most} lines.`;
  }
  if (ladder.some(({ height }, index) => index > 0 && height >= ladder[index - 1]!.height)) {
    return 'The renditions of a ladder go from the highest to the lowest, and no height comes twice.';
  }
  if (source.kind === 'topic') {
    return 'This stream is encoded by somebody else, so it cannot have a ladder.';
  }
  // Viewers change the rendition where the keyframes of both coincide; a copied source has its own keyframes.
  if (source.copy) {
    return 'A ladder needs keyframes at the same times in all renditions, and video that is sent as it is keeps its own: choose one of the two.';
  }
  return undefined;
}
