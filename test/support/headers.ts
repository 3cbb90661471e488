import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { milliseconds, ticks90k } from '@topicast/contracts/units';

/** The header of a chunk of session 1, at 30 a second, no keyframe; `fields` say what a test is about. */
export const headerOf = (sequence: number, fields: Partial<ChunkHeader> = {}): ChunkHeader => ({
  keyframe: false,
  discontinuity: sequence === 0,
  audioOnly: false,
  sinceKeyframe: 0,
  sequence,
  session: 1,
  decodeTime: ticks90k(sequence * 3000),
  wallClock: milliseconds(sequence * 33),
  presentationOffset: ticks90k(0),
  gop: 0,
  ...fields,
});
