import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';
import { CHUNK_HEADER_KEY, encodeChunkHeader } from '@topicast/contracts/chunk-header';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { header } from '../../testing/support.js';
import './kafkajs-private.js';
import { decodeRecords } from './record-batch.js';

interface Encoded {
  readonly buffer: Buffer;
}
interface Fields {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
}

// kafkajs's own encoder, as another client would write.
const load = createRequire(import.meta.url);
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (fields: Fields) => Encoded;
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(fields: object): Promise<Encoded>;
};

async function batch(
  firstOffset: number,
  records: readonly Partial<Fields>[],
  more: object = {},
): Promise<Buffer> {
  const encoded = records.map((fields, offsetDelta) =>
    encodeRecord({
      timestampDelta: offsetDelta,
      key: null,
      value: null,
      headers: {},
      offsetDelta,
      ...fields,
    }),
  );
  const times = { firstTimestamp: 1_763_000_000_000, maxTimestamp: 1_763_000_000_500 };
  const lastOffsetDelta = records.length - 1;
  return (await RecordBatch({ firstOffset, records: encoded, lastOffsetDelta, ...times, ...more })).buffer;
}

/** Set bits of a batch's attributes. */
function withAttributes(bytes: Buffer, bits: number): Buffer {
  bytes.writeInt16BE(bytes.readInt16BE(21) | bits, 21);
  return resealed(bytes);
}

/** With the checksum that it should have. */
function resealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** Flip a bit. */
function damaged(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0x10;
  return copy;
}

const value = Buffer.alloc(10_000, 'ab');

describe('record batches', () => {
  it('are read as others write them, from any offset, whole or cut off', async () => {
    const any = fc.record({
      key: fc.option(fc.string({ unit: 'grapheme' })),
      value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
      marked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(any, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 2 ** 40 }),
        fc.nat(),
        fc.nat(),
        async (batches, first, skipped, cut) => {
          const all = batches.flat();
          const encoded: Buffer[] = [];
          const ends: { bytes: number; next: number }[] = [];
          let offset = first;
          for (const records of batches) {
            const marked = {
              other: Buffer.from('x'),
              [CHUNK_HEADER_KEY]: Buffer.from(encodeChunkHeader(header(7))),
            };
            encoded.push(
              await batch(
                offset,
                records.map((r) => ({ ...r, headers: r.marked ? marked : {} })),
              ),
            );
            offset += records.length;
            ends.push({ bytes: Buffer.concat(encoded).byteLength, next: offset });
          }
          const bytes = Buffer.concat(encoded);
          const from = first + (skipped % all.length);
          const length = cut % (bytes.byteLength + 1);
          const end = ends.findLast((each) => each.bytes <= length)?.next ?? from;
          const read = decodeRecords(bytes.subarray(0, length), from);
          expect(read.next).toBe(Math.max(end, from));
          // A first batch that is not whole is none that a broker sends.
          expect(read.damage !== undefined).toBe(length >= 12 && length < ends[0]!.bytes);
          expect(read.records).toEqual(
            all.slice(from - first, Math.max(end, from) - first).map(({ key, value, marked }, n) => ({
              offset: from + n,
              timestamp: expect.any(Number),
              key: key ?? undefined,
              value: new Uint8Array(value ?? []),
              header: marked ? header(7) : undefined,
              isTombstone: value === null,
            })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("have the producer's time, or the log's if the topic is set to that", async () => {
    const records = [{ value: Buffer.from('a') }, { value: Buffer.from('b'), timestampDelta: -(2 ** 40) }];
    const produced = decodeRecords(await batch(5, records), 0).records;
    expect(produced.map(({ timestamp }) => timestamp)).toEqual([
      1_763_000_000_000,
      1_763_000_000_000 - 2 ** 40,
    ]);
    const appended = decodeRecords(withAttributes(await batch(5, records), 8), 0).records;
    expect(appended.map(({ timestamp }) => timestamp)).toEqual([1_763_000_000_500, 1_763_000_000_500]);
  });

  it('are skipped if they hold nothing for us: markers of transactions, and batches that compaction has emptied', async () => {
    const marker = withAttributes(await batch(10, [{ value: Buffer.from('commit') }]), 0x20);
    const emptied = await batch(11, [], { lastOffsetDelta: 4 });
    expect(decodeRecords(Buffer.concat([marker, emptied]), 10)).toEqual({ records: [], next: 16 });
  });

  it('may be compressed in every way that Kafka knows', async () => {
    for (const compression of [1, 2, 3]) {
      const folded = await batch(0, [{ value }, { value }], { compression });
      expect(folded.byteLength).toBeLessThan(3000);
      expect(decodeRecords(folded, 1).records).toMatchObject([{ offset: 1, value: new Uint8Array(value) }]);
    }
    const unknown = withAttributes(await batch(0, [{ value }, { value }]), 7);
    const damage = { after: 2, reason: expect.stringContaining('codec 7') };
    expect(decodeRecords(unknown, 0)).toEqual({ records: [], next: 0, damage });
  });

  it('are reported if they are damaged, with the records before them and the offset to continue at', async () => {
    const before = await batch(3, [{ value }]);
    const bad = damaged(await batch(4, [{ value }, { value }]), 100);
    const behind = await batch(6, [{ value }]);
    const read = decodeRecords(Buffer.concat([before, bad, behind]), 3);
    expect(read).toMatchObject({ records: [{ offset: 3 }], next: 4, damage: { after: 6 } });
    const reason = 'CRC-32C';
    expect(decodeRecords(bad, 5)).toEqual({ records: [], next: 5, damage: { after: 6, reason } });
    // Where its own count of records is what is damaged, or its length, the next record is tried.
    expect(decodeRecords(damaged(bad, 23), 4)).toEqual({
      records: [],
      next: 4,
      damage: { after: 5, reason },
    });
    expect(decodeRecords(damaged(bad, 8), 4)).toMatchObject({ records: [], next: 4, damage: { after: 6 } });
  });

  it('are never read past a bit that was flipped on the way, and never without end', async () => {
    const bytes = Buffer.concat([await batch(0, [{ value: Buffer.from('one') }]), await batch(1, [{}, {}])]);
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const { records, next, damage } = decodeRecords(flipped, 0);
      expect(damage === undefined ? next > 0 : damage.after > next).toBe(true);
      // What is read is what was written; only the offset lies outside of the checksum.
      for (const { value: read } of records) expect(['one', '']).toContain(Buffer.from(read).toString());
    }
  });

  it('that cannot be read do not cost the records before them', async () => {
    const foreign = withAttributes(await batch(1, [{ value }]), 7);
    const both = Buffer.concat([await batch(0, [{ value }]), foreign]);
    expect(decodeRecords(both, 0)).toMatchObject({ records: [{ offset: 0 }], next: 1 });
    expect(decodeRecords(both, 1)).toMatchObject({ records: [], next: 1, damage: { after: 2 } });
  });

  it('whose offset is damaged cost themselves alone', async () => {
    const before = await batch(3, [{ value }]);
    const bad = damaged(await batch(4, [{ value }, { value }]), 5);
    const behind = await batch(6, [{ value }]);
    const read = decodeRecords(Buffer.concat([before, bad, behind]), 3);
    expect(read).toMatchObject({ records: [{ offset: 3 }], next: 4, damage: { after: 6 } });
    // A broker goes on giving it out, for it looks as if it were behind what is asked for.
    expect(decodeRecords(Buffer.concat([bad, behind]), 6)).toMatchObject({
      records: [{ offset: 6 }],
      next: 7,
    });
  });

  it('whose writer made a mistake cost the records that cannot be read, and no other', async () => {
    const values = ['zero', 'one', 'two', 'three'].map((text) => ({ value: Buffer.from(text) }));
    const good = await batch(10, values);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.byteLength - 62 }), fc.nat({ max: 255 }), async (at, byte) => {
        const wrong = Buffer.from(good);
        wrong[61 + at] = byte;
        const bytes = Buffer.concat([resealed(wrong), await batch(14, [{ value: Buffer.from('after') }])]);
        const read: string[] = [];
        let from = 10;
        for (let reads = 0; from < 15; reads += 1) {
          expect(reads).toBeLessThan(15);
          const { records, next, damage } = decodeRecords(bytes, from);
          read.push(...records.map(({ value }) => Buffer.from(value).toString('latin1')));
          from = damage?.after ?? next;
        }
        expect(read.at(-1)).toBe('after');
        // A value, a length or a number of one of them: the others are as they were, unless they cannot be found.
        expect(read.length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 500 },
    );
    // The length of the second one's value, which is now longer than the record.
    const second = good.indexOf('one') - 1;
    const wrong = Buffer.from(good);
    wrong[second] = 60;
    const read = decodeRecords(resealed(wrong), 10);
    expect(read).toMatchObject({ records: [{ offset: 10 }], next: 11, damage: { after: 12 } });
    expect(decodeRecords(resealed(wrong), 12)).toMatchObject({
      records: [{ offset: 12 }, { offset: 13 }],
      next: 14,
    });
  });
});
