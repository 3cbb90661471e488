import { formatPosition } from '@topicast/contracts/position';
import { bytes, milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { fedChunk } from '../testing/chunks.js';
import { Batches } from './batches.js';
import { encodeFrame, Opcode } from './frame.js';
import { Ring } from './ring.js';

function scene() {
  const ring = new Ring({ span: milliseconds(20_000), bytes: bytes(1e9) });
  for (let offset = 0; offset < 40; offset += 1) ring.push(fedChunk(offset, { keyframe: offset === 0 }));
  return { ring, batches: new Batches(ring) };
}

it('is the frames of the chunks one after the other, for either protocol', () => {
  const { ring, batches } = scene();
  const chunks = [20, 21, 22, 23].map((index) => ring.at(index));
  expect(batches.frames('v1', 20, 24).equals(Buffer.concat(chunks.map(({ frame }) => frame)))).toBe(true);
  const raw = Buffer.concat(chunks.map(({ data }) => encodeFrame(Opcode.binary, data)));
  expect(chunks.some(({ asksForAck }) => asksForAck)).toBe(false);
  expect(batches.frames('raw', 20, 24).equals(raw)).toBe(true);
});

it('asks raw viewers once, at the last chunk that asks', () => {
  const { ring, batches } = scene();
  const chunks = Array.from({ length: 40 }, (_, index) => ring.at(index));
  const asking = chunks.filter(({ asksForAck }) => asksForAck);
  expect(asking.length).toBeGreaterThan(1);
  const frames = chunks.flatMap((chunk) => {
    const message = encodeFrame(Opcode.binary, chunk.data);
    return chunk === asking.at(-1) ? [message, encodeFrame(Opcode.ping, formatPosition(chunk))] : [message];
  });
  expect(batches.frames('raw', 0, 40).equals(Buffer.concat(frames))).toBe(true);
});

it('is shared by all who get the same, until the next chunk', () => {
  const { ring, batches } = scene();
  const batch = batches.frames('v1', 20, 30);
  expect(batches.frames('v1', 20, 30)).toBe(batch);
  expect(batches.frames('v1', 21, 30)).not.toBe(batch);
  expect(batches.frames('raw', 20, 30)).not.toBe(batch);
  ring.push(fedChunk(40));
  expect(batches.frames('v1', 20, 30)).not.toBe(batch);
});

it('is the very frame of a chunk where there is only one', () => {
  const { ring, batches } = scene();
  expect(batches.frames('v1', 39, 40)).toBe(ring.at(39).frame);
  expect(batches.frames('raw', 39, 40)).toBe(ring.at(39).rawFrame);
});

it('keeps few, however many places viewers are at', () => {
  const { batches } = scene();
  for (let from = 0; from < 30; from += 1) batches.frames('v1', from, 40);
  expect(batches.frames('v1', 29, 40)).not.toBe(batches.frames('v1', 29, 40));
});
