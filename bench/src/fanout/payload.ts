import { CHUNK_HEAD_BYTES, machineTime, noiseAt, readChunkHead, type StreamShape } from './chunk.js';
import type { Tally } from './tally.js';

/** The content of a viewer's binary messages, which arrive in pieces of any size. */
export interface Payload {
  message(bytes: number): void;
  bytes(data: Buffer, from: number, to: number): void;
}

interface Checked {
  readonly shape: StreamShape;
  readonly noise: Buffer;
  readonly tally: Tally;
}

/** Chunk after chunk, whatever messages they come in. Each byte is compared with what was sent. */
export class Chunks implements Payload {
  readonly #checked: Checked;
  readonly #onChunk: (() => void) | undefined;
  readonly #head = Buffer.alloc(CHUNK_HEAD_BYTES);
  #at = 0;
  #number = -1;
  #expected = -1;
  #publishedAt = 0;
  #lastAt = Number.NaN;

  constructor(checked: Checked, onChunk?: () => void) {
    this.#checked = checked;
    this.#onChunk = onChunk;
  }

  message(): void {
    // A message begins with a chunk.
    if (this.#at === 0) return;
    this.#checked.tally.complain(`a message begins ${this.#at} bytes into a chunk`);
    this.#at = 0;
  }

  bytes(data: Buffer, from: number, to: number): void {
    const { shape, noise, tally } = this.#checked;
    let at = from;
    while (at < to) {
      if (this.#at < CHUNK_HEAD_BYTES) {
        const step = Math.min(CHUNK_HEAD_BYTES - this.#at, to - at);
        data.copy(this.#head, this.#at, at, at + step);
        this.#at += step;
        at += step;
        if (this.#at === CHUNK_HEAD_BYTES) this.#begin();
        continue;
      }
      const step = Math.min(shape.bytes - this.#at, to - at);
      const origin = noiseAt(this.#number, this.#at);
      if (data.compare(noise, origin, origin + step, at, at + step) !== 0) {
        tally.complain(`chunk ${this.#number}: wrong bytes`);
      }
      this.#at += step;
      at += step;
      if (this.#at === shape.bytes) this.#finish();
    }
  }

  #begin(): void {
    const head = readChunkHead(this.#head);
    if (!head) {
      this.#checked.tally.complain('something that is no chunk');
      return;
    }
    if (this.#expected >= 0 && head.number !== this.#expected) {
      this.#checked.tally.complain(`chunk ${head.number} instead of ${this.#expected}`);
    }
    this.#number = head.number;
    this.#expected = head.number + 1;
    this.#publishedAt = head.publishedAt;
  }

  #finish(): void {
    const { tally } = this.#checked;
    const now = machineTime();
    this.#at = 0;
    tally.take(this.#number, this.#publishedAt, now);
    if (now - this.#lastAt > tally.longestGap) tally.longestGap = now - this.#lastAt;
    this.#lastAt = now;
    this.#onChunk?.();
  }
}

const PREFIX_BYTES = 52;

/** `topicast.v1`: each message is one chunk after a prefix, and is acknowledged as PROTOCOL.md demands. */
export class ChunkMessages implements Payload {
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #at = 0;
  readonly #chunks: Chunks;

  constructor(checked: Checked, acknowledge: (position: string) => void) {
    this.#chunks = new Chunks(checked, () => {
      const prefix = this.#prefix;
      if (((prefix[1] ?? 0) & 1) === 0) return;
      const place = `${prefix.readBigUInt64BE(20)}.${prefix.readBigUInt64BE(4)}.${prefix.readUInt16BE(2)}`;
      acknowledge(`${prefix.readUInt8(1) >> 2}.${place}`);
    });
  }

  message(): void {
    this.#at = 0;
    this.#chunks.message();
  }

  bytes(data: Buffer, from: number, to: number): void {
    const step = Math.min(PREFIX_BYTES - this.#at, to - from);
    data.copy(this.#prefix, this.#at, from, from + step);
    this.#at += step;
    if (from + step < to) this.#chunks.bytes(data, from + step, to);
  }
}

const TAG_HEAD_BYTES = 11;
const TAG_TAIL_BYTES = 4;
const FLV_HEADER_BYTES = 13;

/** FLV, one tag per message: their sizes must agree, and the time of each kind must not go back. */
export class FlvTags implements Payload {
  readonly #tally: Tally;
  readonly #head = Buffer.alloc(TAG_HEAD_BYTES);
  readonly #lastTime = new Map<number, number>();
  #message = 0;
  #at = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  message(bytes: number): void {
    this.#message = bytes;
    this.#at = 0;
  }

  bytes(data: Buffer, from: number, to: number): void {
    const step = Math.min(Math.max(0, TAG_HEAD_BYTES - this.#at), to - from);
    data.copy(this.#head, this.#at, from, from + step);
    this.#at += to - from;
    if (this.#at === this.#message && this.#message !== FLV_HEADER_BYTES) this.#finish();
  }

  #finish(): void {
    const [kind = 0] = this.#head;
    const size = this.#head.readUIntBE(1, 3);
    if (TAG_HEAD_BYTES + size + TAG_TAIL_BYTES !== this.#message)
      this.#tally.complain('a tag of another size');
    const time = this.#head.readUIntBE(4, 3);
    if (time < (this.#lastTime.get(kind) ?? 0)) this.#tally.complain(`a tag of ${kind} goes back in time`);
    this.#lastTime.set(kind, time);
    const VIDEO = 9;
    if (kind === VIDEO) this.#tally.take(time, Number.NaN, machineTime());
  }
}
