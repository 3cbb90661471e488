import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { CHUNK_MESSAGE_PREFIX_BYTES, writeChunkMessagePrefix } from '@topicast/contracts/chunk-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Gap } from '@topicast/log';
import { frameHeaderBytes, Opcode, writeFrameHeader } from './frame.js';

/** A chunk as it comes out of the log, before it has a place in a ring. */
export interface FedChunk {
  readonly position: Position;
  readonly header: ChunkHeader;
  /** Whole TS packets. */
  readonly data: Uint8Array;
  readonly gap: Gap | undefined;
  /** When the chunk could first be sent, on this process's monotonic clock. */
  readonly arrival: Milliseconds;
}

/**
 * A chunk in a ring, with its WebSocket frames. Each frame is built once, in one piece, and shared by all viewers, so
 * it contains nothing about a single viewer.
 */
export class LiveChunk implements Position {
  readonly rendition: number;
  readonly session: number;
  readonly offset: number;
  readonly part: number;
  readonly header: ChunkHeader;
  readonly gap: Gap | undefined;
  readonly arrival: Milliseconds;
  /** The frame of `topicast.v1`: WebSocket header, chunk message. */
  readonly frame: Buffer;
  /** Its TS packets, a view of the frame. */
  readonly data: Buffer;
  #rawFrame: Buffer | undefined;

  constructor(
    fed: FedChunk,
    /** Media time in this ring; it keeps growing over discontinuities. */
    readonly time: Milliseconds,
    /** Whether this chunk asks viewers how far they are: by a flag in the chunk message, or by a ping. */
    readonly asksForAck: boolean,
  ) {
    this.rendition = fed.position.rendition;
    this.session = fed.position.session;
    this.offset = fed.position.offset;
    this.part = fed.position.part;
    this.header = fed.header;
    this.gap = fed.gap;
    this.arrival = fed.arrival;

    const payloadBytes = CHUNK_MESSAGE_PREFIX_BYTES + fed.data.byteLength;
    this.frame = Buffer.allocUnsafe(frameHeaderBytes(payloadBytes) + payloadBytes);
    const at = writeFrameHeader(Opcode.binary, payloadBytes, this.frame);
    writeChunkMessagePrefix(this, this.frame, at);
    this.data = this.frame.subarray(at + CHUNK_MESSAGE_PREFIX_BYTES);
    this.data.set(fed.data);
  }

  /**
   * The frame of raw viewers: only the TS bytes. If an acknowledgement is asked for, a ping with the position as its
   * payload follows in the same piece, so it needs no write of its own; the pong is the acknowledgement. Built when the
   * first raw viewer needs it.
   */
  get rawFrame(): Buffer {
    this.#rawFrame ??= buildRawFrame(this.data, this.asksForAck ? formatPosition(this) : undefined);
    return this.#rawFrame;
  }

  /** The frame of raw viewers without a ping. */
  get rawMessage(): Buffer {
    const { byteLength } = this.data;
    return this.rawFrame.subarray(0, frameHeaderBytes(byteLength) + byteLength);
  }
}

function buildRawFrame(data: Uint8Array, pingPayload: string | undefined): Buffer {
  const messageBytes = frameHeaderBytes(data.byteLength) + data.byteLength;
  const frame = Buffer.allocUnsafe(messageBytes + (pingPayload === undefined ? 0 : 2 + pingPayload.length));
  frame.set(data, writeFrameHeader(Opcode.binary, data.byteLength, frame));
  if (pingPayload !== undefined) {
    frame.write(
      pingPayload,
      writeFrameHeader(Opcode.ping, pingPayload.length, frame, messageBytes),
      'latin1',
    );
  }
  return frame;
}
