import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { comparePositions, type Position } from '@topicast/contracts/position';
import type { Ticks90k } from '@topicast/contracts/units';

/** The newest chunk that has been taken. */
export interface Place {
  readonly position: Position;
  /** Of its picture, see `pictureTime`. */
  readonly decodeTime: Ticks90k;
}

export const positionOf = ({ rendition, header, offset, part }: ChunkMessage): Position => ({
  rendition,
  session: header.session,
  offset,
  part,
});

/**
 * Whether a chunk of another connection continues from the newest chunk that was taken, or repeats something up to it.
 * Within a rendition, positions tell. Positions of different renditions have no order; there, a later keyframe
 * continues.
 */
export function isNews(chunk: ChunkMessage, last: Place): boolean {
  const { rendition, session } = last.position;
  const { header } = chunk;
  if (header.session !== session) return header.session > session;
  if (chunk.rendition === rendition) return comparePositions(chunk, last.position) > 0;
  return header.keyframe && header.decodeTime > last.decodeTime;
}
