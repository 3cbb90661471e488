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

/** Age of the frame at the playhead, on the gateway's clock. */
export const latencySinceEncoder = (
  anchor: TimelineAnchor,
  playhead: Seconds,
  gatewayNow: Milliseconds,
): Milliseconds => milliseconds(gatewayNow - (anchor.wallClock + (playhead - anchor.media) * 1000));
