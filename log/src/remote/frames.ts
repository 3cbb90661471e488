import type { Writable } from 'node:stream';

/**
 * What a log and its clients, such as the workers of a gateway, send each other over a socket. Big-endian:
 *
 *      0       1       2       3       4       5       6       7       8
 *  +-------------------------------+-------+-------------------------------+
 *  | length of what follows        | kind  | id                            |
 *  +-------------------------------+-------+-------------------------------+
 *  | body: JSON, or records (see records.ts)                               |
 *  +-----------------------------------------------------------------------+
 *
 * The client chooses the id of a call, a tail or a table; the answers carry the same id.
 */
export const Kind = {
  /** Client to log: JSON, a {@link Call}. */
  call: 1,
  /** Client to log: JSON {@link AppendTarget}, its length in 16 bits before it, then records. */
  append: 2,
  /** Client to log: JSON, a {@link TailRequest}. */
  tail: 3,
  /** Client to log, no body: the client no longer wants the tail. */
  endTail: 4,
  /** Client to log: 32 bits, the number of bytes of a tail's records that the client has taken. */
  taken: 5,
  /** Client to log: JSON, the name of a table. Answered by `rows`, the last of them empty, and `row` for each change from then on. */
  table: 6,
  /** Log to client: JSON, what a call returned. */
  result: 16,
  /** Log to client: JSON, a {@link Failure}: a call failed, or a tail or table is over. */
  failure: 17,
  /** Log to client: a piece of a tail: records, or JSON for events. */
  records: 18,
  /** Log to client: JSON, rows of a table; none: there were no more. */
  rows: 19,
  /** Log to client: JSON, a key and its value, or a key alone for a row that is gone. */
  row: 20,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Frame {
  readonly kind: number;
  readonly id: number;
  /** Belongs to the receiver; nobody reuses the buffer. */
  readonly body: Buffer;
}

const HEADER_BYTES = 9;
const LENGTH_BYTES = 4;
/** More than any append may hold. */
const LONGEST_BYTES = 64 * 1024 * 1024;

/** The header of a frame. The body is sent unchanged, so that one buffer can go to several clients. */
export function frameHeader(kind: Kind, id: number, bodyBytes: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(bodyBytes + HEADER_BYTES - LENGTH_BYTES, 0);
  header[LENGTH_BYTES] = kind;
  header.writeUInt32BE(id, LENGTH_BYTES + 1);
  return header;
}

/** In one system call, if the socket is free. */
export function writeFrame(socket: Writable, kind: Kind, id: number, body: Buffer): void {
  socket.cork();
  socket.write(frameHeader(kind, id, body.byteLength));
  socket.write(body);
  socket.uncork();
}

export const jsonBody = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const parseBody = <T>(body: Buffer): T => JSON.parse(body.toString()) as T;

/** Cuts what a socket delivers into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** How many bytes must be there before another look is worthwhile. */
  #needed = LENGTH_BYTES;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws {RangeError} if the bytes are not a frame; the connection is useless then */
  push(data: Buffer): void {
    this.#parts.push(data);
    this.#bytes += data.byteLength;
    while (this.#bytes >= this.#needed) this.#take();
  }

  #take(): void {
    const all = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const length = all.readUInt32BE(0);
    if (length < HEADER_BYTES - LENGTH_BYTES || length > LONGEST_BYTES) {
      throw new RangeError(`a frame cannot have ${length} bytes`);
    }
    const end = LENGTH_BYTES + length;
    if (all.byteLength < end) {
      this.#parts = [all];
      this.#needed = end;
      return;
    }
    const rest = all.subarray(end);
    this.#parts = rest.byteLength > 0 ? [rest] : [];
    this.#bytes = rest.byteLength;
    this.#needed = LENGTH_BYTES;
    this.#onFrame({
      kind: all[LENGTH_BYTES]!,
      id: all.readUInt32BE(LENGTH_BYTES + 1),
      body: all.subarray(HEADER_BYTES, end),
    });
  }
}
