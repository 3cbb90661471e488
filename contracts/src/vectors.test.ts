import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkHeader, encodeChunkHeader, readChunkHeader } from './chunk-header.js';
import { decodeChunkMessage } from './chunk-message.js';
import { parseClientMessage } from './client-message.js';
import { comparePositions, formatPosition, type Position, parsePosition } from './position.js';
import { parseServerMessage } from './server-message.js';
import { isStreamId, streamOfTopic, topicOf } from './stream-id.js';
import { encodeChunkMessage } from './testing/chunk-message.js';
import { milliseconds, ticks90k } from './units.js';

interface Vectors {
  headers: { name: string; hex: string; header: ChunkHeader }[];
  messages: {
    name: string;
    hex: string;
    asksForAck: boolean;
    rendition: number;
    offset: number;
    part: number;
    header: ChunkHeader;
    dataHex: string;
  }[];
  damagedMessages: { name: string; hex: string }[];
  serverMessages: { text: string; valid: boolean }[];
  clientMessages: { text: string; valid: boolean }[];
  positions: { text: string; position: Position | null }[];
  streamIds: { text: string; valid: boolean }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../vectors/protocol.json', import.meta.url), 'utf8'),
);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('golden bytes', () => {
  it.each(vectors.headers)('header: $name', ({ hex: text, header }) => {
    expect(hex(encodeChunkHeader(header))).toBe(text.replaceAll(' ', ''));
    expect(readChunkHeader(bytes(text))).toEqual(header);
  });

  it.each(vectors.messages)('message: $name', ({ hex: text, dataHex, ...message }) => {
    const { name: _, ...rest } = message;
    expect(hex(encodeChunkMessage({ ...rest, data: bytes(dataHex) }))).toBe(text.replaceAll(' ', ''));
    const decoded = decodeChunkMessage(bytes(text));
    expect(decoded && { ...decoded, data: hex(decoded.data) }).toEqual({ ...rest, data: dataHex });
  });

  it.each(vectors.damagedMessages)('refuses $name', ({ hex: text }) => {
    expect(decodeChunkMessage(bytes(text))).toBeUndefined();
  });

  it.each(vectors.serverMessages)('gateway to viewer: $text', ({ text, valid }) => {
    expect(parseServerMessage(text)).toEqual(valid ? JSON.parse(text) : undefined);
  });

  it.each(vectors.clientMessages)('viewer to gateway: $text', ({ text, valid }) => {
    const parsed = parseClientMessage(text);
    if (valid) expect(parsed).toEqual(JSON.parse(text));
    else expect(parsed).toMatchObject({ type: 'invalid', problem: expect.any(String) });
  });

  it.each(vectors.positions)('position $text', ({ text, position }) => {
    expect(parsePosition(text) ?? null).toEqual(position);
    if (position) expect(formatPosition(position)).toBe(text);
  });

  it.each(vectors.streamIds)('stream id $text', ({ text, valid }) => {
    expect(isStreamId(text)).toBe(valid);
    if (isStreamId(text)) expect(streamOfTopic(topicOf(text))).toBe(text);
  });
});

const anyHeader = fc.record<ChunkHeader>({
  keyframe: fc.boolean(),
  discontinuity: fc.boolean(),
  audioOnly: fc.boolean(),
  sinceKeyframe: fc.nat(0xffff),
  sequence: fc.nat(0xffff_ffff),
  session: fc.maxSafeNat(),
  decodeTime: fc.maxSafeInteger().map(ticks90k),
  wallClock: fc.nat(4_102_444_800_000).map(milliseconds),
  presentationOffset: fc.integer().map(ticks90k),
  gop: fc.nat(0xffff_ffff),
});

it('headers come back as they were', () => {
  fc.assert(
    fc.property(anyHeader, (header) => {
      expect(readChunkHeader(encodeChunkHeader(header))).toEqual(header);
    }),
  );
});

it('decoders take any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (input, text) => {
      decodeChunkMessage(input);
      decodeChunkMessage(Uint8Array.from([1, ...input]));
      parseServerMessage(text);
      parseClientMessage(text);
      parsePosition(text);
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 2000) },
  );
});

it('positions are ordered by offset, then part', () => {
  const at = (offset: number, part: number) => ({ rendition: 0, session: 1, offset, part });
  expect([at(2, 0), at(1, 1), at(1, 0)].sort(comparePositions)).toEqual([at(1, 0), at(1, 1), at(2, 0)]);
});
