import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import fc from 'fast-check';
import { FRAME_MS } from './chunks.js';

/** A chunk of a rendition, as its encoder makes it. */
export interface Rung {
  readonly session: number;
  readonly sequence: number;
  /** Counted from 1, over all sessions. */
  readonly gop: number;
  readonly decodeMs: number;
  /** When it is encoded, from the first one on: it goes on over sessions. */
  readonly dueMs: number;
  readonly keyframe: boolean;
  readonly audioOnly: boolean;
}

/** The renditions of a stream: the same GOPs, with their keyframes at the same decode times, in chunks of their own. */
export type Ladder = readonly (readonly Rung[])[];

export const LONGEST_GOP_MS = 12 * FRAME_MS;

/** Of one GOP in one rendition: the decode times of its chunks after the keyframe, and which are of audio alone. */
const gopOf = (lengthMs: number) =>
  fc.uniqueArray(fc.record({ at: fc.integer({ min: 1, max: lengthMs - 1 }), audioOnly: fc.boolean() }), {
    selector: ({ at }) => at,
    maxLength: 8,
  });

/** @param sessionEvery a new encoder begins with each so many GOPs, at 0 */
export const ladders = (gops: number, sessionEvery: number): fc.Arbitrary<Ladder> =>
  fc
    .record({
      renditions: fc.integer({ min: 2, max: 3 }),
      lengths: fc.array(fc.integer({ min: 4, max: LONGEST_GOP_MS / FRAME_MS }), {
        minLength: gops,
        maxLength: gops,
      }),
    })
    .chain(({ renditions, lengths }) => {
      const rendition = fc.tuple(...lengths.map((frames) => gopOf(frames * FRAME_MS)));
      const shapes = fc.tuple(...Array.from({ length: renditions }, () => rendition));
      return shapes.map((all) => all.map((shape) => chunksOf(shape, lengths, sessionEvery)));
    });

function chunksOf(
  gops: readonly (readonly { at: number; audioOnly: boolean }[])[],
  lengths: readonly number[],
  sessionEvery: number,
): Rung[] {
  const chunks: Rung[] = [];
  let begin = 0;
  let due = 0;
  let sequence = 0;
  gops.forEach((gop, index) => {
    if (index % sessionEvery === 0) {
      begin = 0;
      sequence = 0;
    }
    const session = 1 + Math.floor(index / sessionEvery);
    const gopNumber = index + 1;
    chunks.push({
      session,
      sequence,
      gop: gopNumber,
      decodeMs: begin,
      dueMs: due,
      keyframe: true,
      audioOnly: false,
    });
    sequence += 1;
    for (const { at, audioOnly } of [...gop].sort((a, b) => a.at - b.at)) {
      chunks.push({
        session,
        sequence,
        gop: gopNumber,
        decodeMs: begin + at,
        dueMs: due + at,
        keyframe: false,
        audioOnly,
      });
      sequence += 1;
    }
    begin += lengths[index]! * FRAME_MS;
    due += lengths[index]! * FRAME_MS;
  });
  return chunks;
}

interface Delivered {
  readonly rendition: number;
  /** Its index among the chunks of its rendition. */
  readonly offset: number;
  readonly header: ChunkHeader;
}

/** Whether nothing is between two chunks, in one rendition or over a switch: no access unit twice, none left out. */
export function continues(ladder: Ladder, before: Delivered, after: Delivered): boolean {
  if (before.rendition === after.rendition) return after.offset === before.offset + 1;
  const follower = ladder[before.rendition]![before.offset + 1];
  const { keyframe, session, decodeTime } = after.header;
  return keyframe && follower?.session === session && follower.decodeMs * 90 === decodeTime;
}
