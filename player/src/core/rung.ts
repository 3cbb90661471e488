import type { Catalog, Rendition, VideoTrack } from '@topicast/contracts/catalog';
import type { RenditionReason } from './types.js';

/** A rendition that may be played, as the adaptation sees it. */
export interface Rung {
  readonly rendition: number;
  /** Bits a second, as measured or as estimated. */
  readonly bitrate: number;
}

/** What the viewer's device and page ask for. Absent: no limit. */
export interface ViewerLimits {
  /** Of the picture's place on the page, in the screen's own pixels. */
  readonly box?: { readonly width: number; readonly height: number } | undefined;
  readonly maxHeight?: number | undefined;
  /** Bits a second. */
  readonly maxBitrate?: number | undefined;
  readonly saveData?: boolean | undefined;
}

/** The renditions to choose from, the best first, and why the best of them is not the best of all. */
export interface Rungs {
  readonly rungs: readonly Rung[];
  readonly reason: RenditionReason;
}

/** Enlarged by this much a picture is still sharp enough. */
const ENLARGED = 1.15;
/** For renditions whose bitrate nobody has measured yet: so much a pixel and second. */
const BITS_PER_PIXEL = 3;
const UNKNOWN_BITRATE = 3_000_000;

/** Which renditions the limits leave. At least one is left: the lowest, whatever the limits say. */
export function rungsWithin(
  { renditions }: Catalog,
  unplayable: ReadonlySet<number>,
  limits: ViewerLimits,
): Rungs {
  const playable = renditions
    .filter(({ rendition }) => !unplayable.has(rendition))
    .sort((a, b) => a.rendition - b.rendition);
  let left = playable;
  let reason: RenditionReason = 'best';
  const keep = (why: RenditionReason, kept: readonly Rendition[]): void => {
    const smallest = kept.length > 0 ? [...kept] : left.slice(-1);
    if (smallest[0] !== left[0]) reason = why;
    left = smallest;
  };
  const { maxHeight = Number.POSITIVE_INFINITY, maxBitrate = Number.POSITIVE_INFINITY } = limits;
  keep(
    'limit',
    left.filter((each) => heightOf(each) <= maxHeight && bitrateOf(each) <= maxBitrate),
  );
  if (limits.saveData) keep('data', left.filter((each) => videoOf(each)).slice(-1));
  const { box } = limits;
  if (box) {
    // The smallest one that is large enough, and everything below it.
    const enough = left.findLastIndex((each) => isLargeEnough(each, box));
    keep('size', left.slice(Math.max(0, enough)));
  }
  return {
    rungs: left.map((each) => ({ rendition: each.rendition, bitrate: bitrateOf(each) })),
    reason,
  };
}

// The same as in contracts/catalog, whose schemas are far too large for a player.
const videoOf = ({ tracks }: Rendition) => tracks.find((each): each is VideoTrack => each.kind === 'video');

const heightOf = (rendition: Rendition): number => videoOf(rendition)?.height ?? 0;

function bitrateOf(rendition: Rendition): number {
  const { width, height } = videoOf(rendition) ?? {};
  return rendition.bitrate ?? (width && height ? width * height * BITS_PER_PIXEL : UNKNOWN_BITRATE);
}

/** The picture fills the box in one direction, as `object-fit: contain` has it. */
function isLargeEnough(rendition: Rendition, box: { readonly width: number; readonly height: number }) {
  const { width, height } = videoOf(rendition) ?? {};
  if (!width || !height) return false;
  return Math.min(box.width / width, box.height / height) <= ENLARGED;
}
