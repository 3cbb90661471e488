import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameBytes } from '../bytes.js';
import { accessUnit, IDR_SLICE, PPS, SLICE, SPS } from '../testing/h264-units.js';
import { adtsFrame } from '../testing/packetizer.js';
import type { Chunk } from './chunk.js';
import { ChunkReader } from './chunk-reader.js';
import { Chunker } from './chunker.js';
import { TransportWriter, type WrittenTrack } from './transport-writer.js';

const NONE = new Uint8Array(0);
const VIDEO: WrittenTrack = { pid: 0x100, type: 0x1b, streamId: 0xe0, descriptors: NONE };
const AUDIO: WrittenTrack = { pid: 0x101, type: 0x0f, streamId: 0xc0, descriptors: NONE };
const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 100) };

/** A picture of this many bytes. */
function picture(isKey: boolean, size: number): Uint8Array {
  const unit = isKey ? accessUnit(SPS, PPS, IDR_SLICE) : accessUnit(SLICE);
  const padded = new Uint8Array(Math.max(size, unit.byteLength)).fill(0x5a);
  padded.set(unit);
  return padded;
}

/** Around the lengths that PES packets can tell, and around whole packets. */
const size = fc.oneof(
  fc.nat(2_000),
  fc.integer({ min: 65_400, max: 65_600 }),
  fc
    .integer({ min: 1, max: 400 })
    .chain((packets) => fc.integer({ min: -16, max: 16 }).map((more) => packets * 184 + more)),
);
const unit = fc.record({
  isKey: fc.boolean(),
  size,
  step: fc.integer({ min: 1, max: 90_000 }),
  offset: fc.nat(90_000),
  sounds: fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 3 }),
});

function world() {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  const writer = new TransportWriter();
  return { chunks, chunker, writer };
}

describe('what is written', () => {
  it('is read back as it was, and leaves with its last byte', () => {
    const start = fc.oneof(fc.nat(2 ** 31), fc.integer({ min: 2 ** 33 - 200_000, max: 2 ** 33 + 10 }));
    fc.assert(
      fc.property(start, fc.array(unit, { minLength: 1, maxLength: 12 }), (begin, units) => {
        const { chunks, chunker, writer } = world();
        const reader = new ChunkReader();
        chunker.push(writer.announce([VIDEO, AUDIO]));
        let dts = begin;
        for (const [index, { isKey: drawn, size, step, offset, sounds }] of units.entries()) {
          const isKey = index === 0 || drawn;
          const frames = sounds.map((bytes, nth) => ({
            payload: adtsFrame(new Uint8Array(bytes).fill(nth)),
            pts: dts + nth,
          }));
          for (const { payload, pts } of frames)
            chunker.push(writer.unit(AUDIO, { payload, pts, dts: pts, isKey: true }));
          const payload = picture(isKey, size);
          const before = chunks.length;
          chunker.push(writer.unit(VIDEO, { payload, pts: dts + offset, dts, isKey }));
          expect(chunks.length).toBe(before + 1);
          const chunk = chunks.at(-1)!;
          expect(chunk.keyframe).toBe(isKey);
          expect(chunk.presentationOffset).toBe(offset);
          const read = reader.read(chunk.data)!;
          const [shown] = read.filter(({ track }) => track.kind === 'video');
          expect(shown?.gap).toBe(false);
          const { data, ...times } = shown!.units[0]!;
          expect(times).toEqual({ pts: (dts + offset) % 2 ** 33, dts: dts % 2 ** 33 });
          expect(sameBytes(data, payload)).toBe(true);
          const heard = read.filter(({ track }) => track.kind === 'audio').flatMap(({ units }) => units);
          expect(heard.length).toBe(frames.length);
          expect(heard.every(({ data }, nth) => sameBytes(data, frames[nth]!.payload))).toBe(true);
          dts += step;
        }
        expect(chunker.stats).toMatchObject({
          ...{ continuityErrors: 0, droppedAccessUnits: 0, droppedUnits: 0, garbageBytes: 0 },
        });
      }),
      FUZZ,
    );
  });

  it.each([1, 15, 16, 32])(
    'has a gap where %i pictures are missing, so that nothing is shown before the next keyframe',
    (count) => {
      const { chunks, chunker, writer } = world();
      chunker.push(writer.announce([VIDEO]));
      const push = (isKey: boolean, dts: number) =>
        chunker.push(writer.unit(VIDEO, { payload: picture(isKey, 500), pts: dts, dts, isKey }));
      push(true, 0);
      push(false, 3_000);
      for (let i = 0; i < count; i++) writer.lose(VIDEO);
      push(false, 9_000);
      push(true, 12_000);
      expect(chunks.map(({ decodeTime, discontinuity }) => [decodeTime, discontinuity])).toEqual([
        [0, true],
        [3_000, false],
        [12_000, true],
      ]);
    },
  );

  it('takes in a track that is announced later', () => {
    const { chunks, chunker, writer } = world();
    chunker.push(writer.announce([VIDEO]));
    chunker.push(writer.unit(VIDEO, { payload: picture(true, 99), pts: 0, dts: 0, isKey: true }));
    chunker.push(writer.announce([VIDEO, AUDIO]));
    chunker.push(writer.unit(AUDIO, { payload: adtsFrame(Uint8Array.of(1)), pts: 10, dts: 10, isKey: true }));
    chunker.push(writer.unit(VIDEO, { payload: picture(false, 99), pts: 3_000, dts: 3_000, isKey: false }));
    chunker.push(writer.unit(VIDEO, { payload: picture(true, 99), pts: 6_000, dts: 6_000, isKey: true }));
    expect(chunker.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    expect(chunks.map(({ discontinuity }) => discontinuity)).toEqual([true, false, false]);
  });
});
