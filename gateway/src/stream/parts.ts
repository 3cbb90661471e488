import { CHUNK_MESSAGE_PREFIX_BYTES, writeChunkMessagePrefix } from '@topicast/contracts/chunk-message';
import { bytesWithout, copyWithout, type TrackPids, trackPidsOf } from '@topicast/media/mpegts';
import type { ChunkWindow } from './chunk-source.js';
import { frameHeaderBytes, Opcode, writeFrameHeader } from './frame.js';
import type { LiveChunk } from './live-chunk.js';

/** What a viewer of `topicast.v1` gets of a chunk: everything, no picture, or nothing but the picture. */
export type Part = 'all' | 'sound' | 'picture';

/** Parts of the chunks of a ring. Each is made when somebody first needs it, and shared by all viewers. */
export class Parts {
  readonly #window: ChunkWindow;
  readonly #frames: Record<Exclude<Part, 'all'>, WeakMap<LiveChunk, Buffer>> = {
    sound: new WeakMap(),
    picture: new WeakMap(),
  };
  /** By keyframe chunk. */
  readonly #pids = new WeakMap<LiveChunk, TrackPids>();

  constructor(window: ChunkWindow) {
    this.#window = window;
  }

  /** The frame of a part of a chunk. Where no tables tell the tracks, it is the whole chunk. */
  frame(part: Part, index: number): Buffer {
    const chunk = this.#window.at(index);
    if (part === 'all') return chunk.frame;
    const known = this.#frames[part].get(chunk);
    if (known) return known;
    const pids = this.#pidsAt(index);
    const frame = pids
      ? frameWithout(chunk, part === 'sound' ? pids.pictures : pids.others, part)
      : chunk.frame;
    this.#frames[part].set(chunk, frame);
    return frame;
  }

  #pidsAt(index: number): TrackPids | undefined {
    const at = this.#window.keyframes.findLast((keyframe) => keyframe <= index);
    if (at === undefined) return undefined;
    const keyframe = this.#window.at(at);
    const pids = this.#pids.get(keyframe) ?? trackPidsOf(keyframe.data);
    if (pids) this.#pids.set(keyframe, pids);
    return pids;
  }
}

/** A picture alone repeats a chunk whose sound has been sent, so it does not ask for an acknowledgement. */
function frameWithout(chunk: LiveChunk, pids: ReadonlySet<number>, part: Part): Buffer {
  const payloadBytes = CHUNK_MESSAGE_PREFIX_BYTES + bytesWithout(chunk.data, pids);
  const frame = Buffer.allocUnsafe(frameHeaderBytes(payloadBytes) + payloadBytes);
  const at = writeFrameHeader(Opcode.binary, payloadBytes, frame);
  const { rendition, offset, part: index, header } = chunk;
  const asksForAck = chunk.asksForAck && part !== 'picture';
  writeChunkMessagePrefix({ rendition, offset, part: index, header, asksForAck }, frame, at);
  copyWithout(chunk.data, pids, frame, at + CHUNK_MESSAGE_PREFIX_BYTES);
  return frame;
}
