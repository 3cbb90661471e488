import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader } from './chunk-reader.js';
import { type Message, TYPE } from './message.js';
import { WireError } from './wire-error.js';

const LIMITS = { chunkStreams: 8, messageBytes: 100_000, pendingBytes: 200_000 };
const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 300) };
const EXTENDED = 0xff_ffff;

interface Sent extends Message {
  readonly chunkStream: number;
  /** Headers as short as they may be, or whole ones. */
  readonly isShort: boolean;
}

/** As the specification says it (5.3), message after message. */
class Writer {
  chunkBytes = 128;
  repeatsTime = true;
  readonly #last = new Map<number, Sent>();

  write(sent: Sent): number[] {
    const { chunkStream, type, timestamp, streamId, body } = sent;
    const last = this.#last.get(chunkStream);
    this.#last.set(chunkStream, sent);
    const delta = timestamp - (last?.timestamp ?? 0);
    const isLike = last !== undefined && sent.isShort && delta >= 0 && last.streamId === streamId;
    const format = !isLike ? 0 : last.type === type && last.body.byteLength === body.byteLength ? 2 : 1;
    const time = format === 0 ? timestamp : delta;
    const extended = time >= EXTENDED ? word(time) : [];
    const short = Math.min(time, EXTENDED);
    const out = [...basic(format, chunkStream), short >> 16, (short >> 8) & 0xff, short & 0xff];
    if (format < 2)
      out.push(body.byteLength >> 16, (body.byteLength >> 8) & 0xff, body.byteLength & 0xff, type);
    if (format === 0) out.push(...word(streamId).reverse());
    out.push(...extended);
    for (let at = 0; at < body.byteLength; at += this.chunkBytes) {
      if (at > 0) out.push(...basic(3, chunkStream), ...(this.repeatsTime ? extended : []));
      out.push(...body.subarray(at, at + this.chunkBytes));
    }
    return out;
  }
}

const word = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
function basic(format: number, id: number): number[] {
  if (id < 64) return [(format << 6) | id];
  if (id < 320) return [format << 6, id - 64];
  return [(format << 6) | 1, (id - 64) & 0xff, (id - 64) >> 8];
}

const sent: fc.Arbitrary<Sent> = fc.record({
  chunkStream: fc.constantFrom(3, 4, 63, 64, 319, 320, 65_599),
  isShort: fc.boolean(),
  type: fc.constantFrom(TYPE.audio, TYPE.video, TYPE.data),
  timestamp: fc.oneof(fc.nat(100_000), fc.nat(2 ** 32 - 1)),
  streamId: fc.constantFrom(0, 1),
  body: fc.uint8Array({ maxLength: 700 }),
});

function read(bytes: Uint8Array, cuts: readonly number[]): Message[] {
  const reader = new ChunkReader(LIMITS);
  const found: Message[] = [];
  const edges = [...cuts.map((cut) => cut % (bytes.byteLength + 1)), bytes.byteLength].sort((a, b) => a - b);
  let from = 0;
  for (const to of edges) {
    for (const message of reader.push(bytes.slice(from, to)))
      found.push({ ...message, body: new Uint8Array(message.body) });
    from = to;
  }
  return found;
}

describe('messages', () => {
  it('are read as they were sent, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(sent, { maxLength: 12 }),
        fc.integer({ min: 128, max: 300 }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 20 }),
        (messages, chunkBytes, repeatsTime, cuts) => {
          const writer = new Writer();
          const size = {
            type: TYPE.chunkSize,
            timestamp: 0,
            streamId: 0,
            body: Uint8Array.from(word(chunkBytes)),
          };
          const bytes = writer.write({ ...size, chunkStream: 2, isShort: false });
          Object.assign(writer, { chunkBytes, repeatsTime });
          for (const message of messages) bytes.push(...writer.write(message));
          // Whether a time is repeated shows with the fourth byte that follows.
          bytes.push(...new Uint8Array(4));
          const [first, ...rest] = read(Uint8Array.from(bytes), cuts);
          expect(first).toEqual(size);
          expect(rest).toEqual(messages.map(({ chunkStream: _, isShort: __, ...message }) => message));
        },
      ),
      FUZZ,
    );
  });

  it('of several chunk streams may alternate', () => {
    const part = (id: number, format: number, ...more: number[]) => [...basic(format, id), ...more];
    const header = (size: number, type: number) => [0, 0, 5, 0, 0, size, type, 1, 0, 0, 0];
    const [video, audio] = [new Uint8Array(200).fill(1), new Uint8Array(3).fill(2)];
    const bytes = [
      ...[...part(6, 0, ...header(200, TYPE.video)), ...video.subarray(0, 128)],
      ...[...part(4, 0, ...header(3, TYPE.audio)), ...audio],
      ...[...part(6, 3), ...video.subarray(128)],
      // The same header again: the same time, because the one before counted from zero.
      ...[...part(4, 3), ...audio],
    ];
    expect(read(Uint8Array.from(bytes), []).map(({ type, timestamp }) => [type, timestamp])).toEqual([
      [TYPE.audio, 5],
      [TYPE.video, 5],
      [TYPE.audio, 5],
    ]);
  });

  it('that are given up leave no trace', () => {
    const bytes = [
      ...[6, 0, 0, 0, 0, 0, 200, TYPE.video, 1, 0, 0, 0, ...new Uint8Array(128)],
      ...[2, 0, 0, 0, 0, 0, 4, TYPE.abort, 0, 0, 0, 0, ...word(6)],
      ...[6, 0, 0, 9, 0, 0, 1, TYPE.video, 1, 0, 0, 0, 7],
    ];
    expect(read(Uint8Array.from(bytes), []).at(-1)).toMatchObject({ timestamp: 9, body: Uint8Array.of(7) });
  });
});

describe('what a hostile peer sends', () => {
  it('is read or refused, and never kept beyond the limits', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), (parts) => {
        const reader = new ChunkReader(LIMITS);
        try {
          for (const part of parts) for (const _ of reader.push(part));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      FUZZ,
    );
  });

  it.each([
    ['a message of 16 MB', [4, 0, 0, 0, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0]],
    ['chunks of no bytes', [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['chunks of 127 bytes', [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 127]],
    ['chunks of 4 GB', [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]],
    ['a chunk stream that refers to nothing', [0xc4, 1, 2, 3]],
    [
      'too many chunk streams',
      Array.from({ length: 9 }, (_, i) => [i + 3, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]).flat(),
    ],
    [
      'too much under way',
      Array.from({ length: 3 }, (_, i) => [
        ...[i + 3, 0, 0, 0, 1, 0x86, 0xa0, 8, 0, 0, 0, 0, ...new Uint8Array(128)],
        ...Array.from({ length: 700 }, () => [0xc3 + i, ...new Uint8Array(128)]).flat(),
      ]).flat(),
    ],
  ])('%s is refused', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes), [])).toThrow(WireError);
  });

  it('costs no memory for what is only promised', () => {
    const before = process.memoryUsage().arrayBuffers;
    const limits = { ...LIMITS, messageBytes: 8 << 20, pendingBytes: 12 << 20 };
    const readers = Array.from({ length: 500 }, () => new ChunkReader(limits));
    for (const reader of readers) {
      for (let id = 3; id < 11; id++) {
        const promise = [id, 0, 0, 0, 0x7f, 0xff, 0xff, 9, 1, 0, 0, 0, ...new Uint8Array(128)];
        for (const _ of reader.push(Uint8Array.from(promise)));
      }
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
    expect(readers.length).toBe(500);
  });
});
