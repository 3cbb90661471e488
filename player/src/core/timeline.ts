import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { type Milliseconds, milliseconds, type Seconds, ticksToMs } from '@topicast/contracts/units';

/** One moment on two clocks: the media timeline, and the encoder's wall clock when it took in that frame. */
export interface TimelineAnchor {
  readonly media: Seconds;
  readonly wallClock: Milliseconds;
}

/** @param start presentation time of the chunk's access unit on the media timeline */
export const anchorOf = (header: ChunkHeader, start: Seconds): TimelineAnchor => ({
  media: start,
  wallClock: milliseconds(header.wallClock + ticksToMs(header.presentationOffset)),
});

/** Pictures, over which the wall clock of a single one may be off: a busy encoder takes them in early or late. */
const WINDOW = 32;

const distance = ({ media, wallClock }: TimelineAnchor): number => wallClock - media * 1000;

/** @param anchors of one timeline */
export const addAnchor = (
  anchors: readonly TimelineAnchor[],
  anchor: TimelineAnchor,
): readonly TimelineAnchor[] => [...anchors.slice(1 - WINDOW), anchor];

/** The one in the middle: whoever has seen some of the same pictures finds nearly the same. */
export const usualAnchor = (anchors: readonly TimelineAnchor[]): TimelineAnchor | undefined =>
  [...anchors].sort((a, b) => distance(a) - distance(b))[anchors.length >> 1];

/** Age of the frame at the playhead, on the gateway's clock. */
export const latencySinceEncoder = (
  anchor: TimelineAnchor,
  playhead: Seconds,
  gatewayNow: Milliseconds,
): Milliseconds => milliseconds(gatewayNow - (anchor.wallClock + (playhead - anchor.media) * 1000));
