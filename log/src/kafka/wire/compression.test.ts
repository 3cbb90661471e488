import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { CODEC, FOLDS, MAX_UNFOLDED_BYTES, unfold } from './compression.js';

const hex = (...parts: string[]): Buffer => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');

const HELLO_ZSTD = '28b52ffd 20 05 290000 68656c6c6f';
const SKIPPED = '5f2a4d18 02000000 ffff';

describe('compressed records', () => {
  it('unfold from the bytes that the formats prescribe', () => {
    const hello = Buffer.from('hello');
    // Raw snappy: length 5, a literal of 5.
    const snappy = '05 10 68656c6c6f';
    expect(unfold(hex(snappy), CODEC.snappy)).toEqual(hello);
    // snappy-java's stream, two blocks.
    const xerial = `82534e4150505900 00000001 00000001 00000007 ${snappy} 00000007 ${snappy}`;
    expect(unfold(hex(xerial), CODEC.snappy)).toEqual(Buffer.from('hellohello'));
    // An LZ4 frame: independent blocks of up to 64 KB, no checksums, one block that is stored as it is.
    expect(unfold(hex('04224d18 60 40 82 05000080 68656c6c6f 00000000'), CODEC.lz4)).toEqual(hello);
    // A Zstandard frame (RFC 8878): single segment of 5 bytes, one raw block.
    expect(unfold(hex(HELLO_ZSTD), CODEC.zstd)).toEqual(hello);
    // A frame with a window of 1 KB and a checksum, whose first block repeats a byte; one to be skipped; another frame.
    const frames = hex('28b52ffd 04 00 1a0000 68 210000 656c6c6f 00000000', SKIPPED, HELLO_ZSTD);
    expect(unfold(frames, CODEC.zstd)).toEqual(Buffer.from('hhhellohello'));
    expect(unfold(gzipSync(hello), CODEC.gzip)).toEqual(hello);
  });

  it('decompress to what was compressed, of any size', () => {
    for (const [codec, fold] of Object.entries(FOLDS)) {
      for (const size of [0, 1, 32 * 1024, 32 * 1024 + 1, 300_000]) {
        const bytes = Buffer.from(Array.from({ length: size }, (_, n) => (n * n) >> 5));
        expect(unfold(fold(bytes), Number(codec)).equals(bytes)).toBe(true);
      }
    }
  });

  it('never unfold to more than the bound', () => {
    const zeros = Buffer.alloc(MAX_UNFOLDED_BYTES + 1);
    // 128 KB of one byte in each block of four bytes.
    const runs = hex(`28b52ffd 00 58 ${'020010 00'.repeat(600)} 030010 00`);
    const bombs: [number, Buffer][] = [
      [CODEC.gzip, gzipSync(zeros)],
      [CODEC.snappy, compressSync(zeros)],
      [CODEC.snappy, FOLDS[CODEC.snappy]!(zeros)],
      [CODEC.lz4, compressFrameSync(zeros)],
      [CODEC.zstd, runs],
      // A window of 3.75 TB, which would be allocated first.
      [CODEC.zstd, hex('28b52ffd 00 ff 010000')],
      // The same behind a harmless frame, and behind one that is to be skipped.
      [CODEC.zstd, hex(HELLO_ZSTD, '28b52ffd 00 ff 010000')],
      [CODEC.zstd, hex(SKIPPED, '28b52ffd 00 ff 010000')],
      // Many small frames that allocate 8 MB each.
      [CODEC.zstd, hex('28b52ffd 00 68 010000'.repeat(9))],
    ];
    for (const [codec, bomb] of bombs)
      expect(() => unfold(bomb, codec)).toThrow(/unpacks to more than|larger than/);
  });

  it('that are cut off are refused', () => {
    for (const [codec, fold] of Object.entries(FOLDS)) {
      const folded = fold(Buffer.alloc(100_000, 'ab'));
      expect(() => unfold(folded.subarray(0, folded.byteLength - 9), Number(codec))).toThrow();
    }
  });
});
