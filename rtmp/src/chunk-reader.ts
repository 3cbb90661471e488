import { type Message, TYPE } from './message.js';
import { MessageBuffer } from './message-buffer.js';
import { WireError } from './wire-error.js';

/** Also the least that makes sense (5.4.1): smaller ones are work for us, and nobody sends them. */
const DEFAULT_CHUNK_BYTES = 128;
const MAX_CHUNK_BYTES = 0x7fff_ffff;
/** The time does not fit into 24 bits, and follows the header. */
const EXTENDED = 0xff_ffff;
/** By the format of a chunk: bytes of its message header (5.3.1.2). */
const HEADER_BYTES = [11, 7, 3, 0] as const;
const NO_BYTES = new Uint8Array(0);

/** What a peer may make us keep. */
export interface ReaderLimits {
  /** Encoders use fewer than ten. */
  readonly chunkStreams: number;
  /** Of one message. */
  readonly messageBytes: number;
  /** Of all messages that are under way. */
  readonly pendingBytes: number;
}

/** A chunk stream: the header of its last message, which later ones refer to. */
interface ChunkStream {
  timestamp: number;
  delta: number;
  length: number;
  type: number;
  streamId: number;
  /** As it was sent, if it did not fit into the header. */
  extendedTime: number | undefined;
  /** The message that is under way. */
  message: MessageBuffer | undefined;
}

/** The chunk whose data comes next. */
interface OpenChunk {
  readonly stream: ChunkStream;
  left: number;
}

/**
 * Puts the messages of a connection together (Adobe RTMP 1.0, 5.3):
 *
 *   format 2, chunk stream 6 (0 and 1: it follows in one or two bytes) | header 11, 7, 3 or 0 bytes | extended time 32 | data
 *
 *   header: time 24 | length 24 | type 8 | message stream 32, little endian
 */
export class ChunkReader {
  #limits: ReaderLimits;
  readonly #streams = new Map<number, ChunkStream>();
  #chunkBytes = DEFAULT_CHUNK_BYTES;
  /** The beginning of a header. */
  #rest: Uint8Array = NO_BYTES;
  #open: OpenChunk | undefined;
  /** Of all messages that are under way. */
  #pending = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  /** From now on, the peer may make us keep this. */
  allow(limits: ReaderLimits): void {
    this.#limits = limits;
  }

  /**
   * The messages that these bytes complete, one by one. A body is a view: it is valid until the next one is asked for.
   * @throws {WireError} for what is not RTMP, or more than the limits allow
   */
  *push(bytes: Uint8Array): Generator<Message, void> {
    let all = bytes;
    if (this.#rest.byteLength > 0) {
      all = new Uint8Array(this.#rest.byteLength + bytes.byteLength);
      all.set(this.#rest);
      all.set(bytes, this.#rest.byteLength);
    }
    let at = 0;
    for (;;) {
      if (!this.#open) {
        const size = this.#readHeader(all.subarray(at));
        if (size === 0) break;
        at += size;
      }
      const { stream, left }: OpenChunk = this.#open!;
      const data = all.subarray(at, at + left);
      at += data.byteLength;
      const message = this.#take(stream, data);
      if (message) yield message;
      if (data.byteLength < left) break;
    }
    // A copy, because a view would keep the whole buffer.
    this.#rest = new Uint8Array(all.subarray(at));
  }

  #take(stream: ChunkStream, data: Uint8Array): Message | undefined {
    const chunk = this.#open!;
    chunk.left -= data.byteLength;
    if (chunk.left === 0) this.#open = undefined;
    const received = stream.message?.received ?? 0;
    if (received + data.byteLength < stream.length) {
      stream.message ??= new MessageBuffer(stream.length);
      stream.message.add(data);
      this.#pending += data.byteLength;
      if (this.#pending > this.#limits.pendingBytes) throw new WireError('too much is under way at once');
      return undefined;
    }
    stream.message?.add(data);
    const body = stream.message?.bytes ?? data;
    this.#pending -= received;
    stream.message = undefined;
    const { type, timestamp, streamId } = stream;
    const message = { type, timestamp, streamId, body };
    this.#obey(message);
    return message;
  }

  /** @returns the header's size, or 0 if it is not complete; then nothing has changed. */
  #readHeader(bytes: Uint8Array): number {
    const short = (bytes[0] ?? 0) & 0x3f;
    const basicBytes = short === 0 ? 2 : short === 1 ? 3 : 1;
    const format = (bytes[0] ?? 0) >> 6;
    let size = basicBytes + HEADER_BYTES[format]!;
    if (bytes.byteLength < size) return 0;
    const id = chunkStreamId(bytes, short);
    const stream = this.#streams.get(id) ?? this.#begin(format);
    const time = format < 3 ? unsigned24(bytes, basicBytes) : undefined;
    const mayBeExtended = time === EXTENDED || (format === 3 && stream.extendedTime !== undefined);
    if (mayBeExtended && bytes.byteLength < size + 4) return 0;
    const extended = mayBeExtended ? unsigned32(bytes, size) : undefined;
    // Not all encoders repeat the extended time in the chunks that continue a message.
    const isRepeated = format === 3 && extended === stream.extendedTime;
    if (mayBeExtended && (format < 3 || isRepeated)) size += 4;
    this.#streams.set(id, stream);
    if (format < 3) this.#note(stream, format, bytes.subarray(basicBytes), extended);
    else if (!stream.message) stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    const missing = stream.length - (stream.message?.received ?? 0);
    this.#open = { stream, left: Math.min(this.#chunkBytes, missing) };
    return size;
  }

  /** A message begins; one that is under way in this chunk stream will not be completed. */
  #note(stream: ChunkStream, format: number, header: Uint8Array, extended: number | undefined): void {
    this.#forget(stream);
    const time = extended ?? unsigned24(header, 0);
    stream.extendedTime = extended;
    if (format < 2) {
      stream.length = unsigned24(header, 3);
      stream.type = header[6]!;
    }
    if (stream.length > this.#limits.messageBytes) {
      throw new WireError(`a message of ${stream.length} bytes`);
    }
    if (format === 0) stream.streamId = unsigned32Little(header, 7);
    // After a time that counts from zero, a message without a header of its own has the same time.
    stream.delta = format === 0 ? 0 : time;
    stream.timestamp = format === 0 ? time : (stream.timestamp + time) >>> 0;
  }

  #begin(format: number): ChunkStream {
    // Some encoders begin with format 1, which names all but the message stream.
    if (format > 1) throw new WireError('a chunk stream begins in its middle');
    if (this.#streams.size >= this.#limits.chunkStreams) throw new WireError('too many chunk streams');
    return {
      ...{ timestamp: 0, delta: 0, length: 0, type: 0, streamId: 0 },
      ...{ extendedTime: undefined, message: undefined },
    };
  }

  #forget(stream: ChunkStream): void {
    this.#pending -= stream.message?.received ?? 0;
    stream.message = undefined;
  }

  /** Messages about the chunks themselves (5.4). */
  #obey({ type, body }: Message): void {
    if (body.byteLength < 4) return;
    if (type === TYPE.chunkSize) {
      const size = unsigned32(body, 0);
      if (size < DEFAULT_CHUNK_BYTES || size > MAX_CHUNK_BYTES)
        throw new WireError(`chunks of ${size} bytes`);
      this.#chunkBytes = size;
    } else if (type === TYPE.abort) {
      const stream = this.#streams.get(unsigned32(body, 0));
      if (stream) this.#forget(stream);
    }
  }
}

const chunkStreamId = (bytes: Uint8Array, short: number): number => {
  if (short === 0) return 64 + bytes[1]!;
  return short === 1 ? 64 + bytes[1]! + 256 * bytes[2]! : short;
};

const unsigned24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
const unsigned32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! * 0x100_0000 + unsigned24(bytes, at + 1);
const unsigned32Little = (bytes: Uint8Array, at: number): number =>
  bytes[at]! + 0x100 * bytes[at + 1]! + 0x1_0000 * bytes[at + 2]! + 0x100_0000 * bytes[at + 3]!;
