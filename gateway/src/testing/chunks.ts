import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { headerOf } from '@topicast/test/headers';
import type { FedChunk } from '../stream/live-chunk.js';

export const FRAME_MS = 40;

export interface ChunkChoice {
  readonly rendition?: number;
  readonly session?: number;
  readonly keyframe?: boolean;
  readonly packets?: number;
  readonly audioOnly?: boolean;
  readonly gop?: number;
  /** Instead of the time of frame `sequence`. */
  readonly decodeMs?: number;
  /** Wall clock at sequence 0. */
  readonly startedAt?: number;
}

/** The header of frame `sequence` of a session at 25 frames a second. */
export const frameHeader = (sequence: number, choice: ChunkChoice = {}): ChunkHeader =>
  headerOf(sequence, {
    keyframe: choice.keyframe ?? false,
    audioOnly: choice.audioOnly ?? false,
    session: choice.session ?? 1,
    decodeTime: ticks90k((choice.decodeMs ?? sequence * FRAME_MS) * 90),
    gop: choice.gop ?? 0,
    wallClock: milliseconds((choice.startedAt ?? 0) + sequence * FRAME_MS),
  });

/** TS packets that say which chunk they belong to. */
export function dataOf(sequence: number, packets = 3): Uint8Array {
  const data = new Uint8Array(packets * 188).fill(0xff);
  for (let at = 0; at < data.byteLength; at += 188) data.set([0x47, 0x01, 0x00, 0x10], at);
  new DataView(data.buffer).setUint32(4, sequence);
  return data;
}

export const recordOf = (sequence: number, choice: ChunkChoice = {}): NewRecord => ({
  header: frameHeader(sequence, choice),
  value: dataOf(sequence, choice.packets),
});

export const fedChunk = (
  offset: number,
  choice: ChunkChoice & Pick<Partial<FedChunk>, 'gap' | 'arrival'> = {},
): FedChunk => ({
  position: { rendition: choice.rendition ?? 0, session: choice.session ?? 1, offset, part: 0 },
  header: frameHeader(offset, choice),
  data: dataOf(offset, choice.packets),
  gap: choice.gap,
  arrival: choice.arrival ?? milliseconds(0),
});
