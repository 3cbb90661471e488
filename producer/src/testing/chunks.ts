import type { Chunk } from '@topicast/media/mpegts';
import { headerOf } from '@topicast/test/headers';

/** A chunk of one packet, as the chunker gives it, at 30 a second; `fields` say what a test is about. */
export function chunkOf(index: number, fields: Partial<Chunk> = {}): Chunk {
  const { keyframe, discontinuity, audioOnly, sinceKeyframe, decodeTime, presentationOffset } =
    headerOf(index);
  return {
    data: new Uint8Array(188),
    ...{ keyframe, discontinuity, audioOnly, sinceKeyframe, decodeTime, presentationOffset },
    start: index * 188,
    ...fields,
  };
}
