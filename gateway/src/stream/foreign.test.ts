import { milliseconds } from '@topicast/contracts/units';
import type { LogRecord } from '@topicast/log';
import { Chunker } from '@topicast/media/mpegts';
import { describe, expect, it } from 'vitest';
import { tutorialStream, withoutPacket } from '../testing/tutorial-stream.js';
import { type ForeignChunk, ForeignReader } from './foreign.js';

function recordsOf(stream: Buffer, blockBytes: number, msPerBlock = 0): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at < stream.byteLength; at += blockBytes) {
    const offset = records.length;
    const timestamp = milliseconds(1_000_000 + offset * msPerBlock);
    records.push({ offset, timestamp, header: undefined, value: stream.subarray(at, at + blockBytes) });
  }
  return records;
}

const read = (records: readonly LogRecord[]): ForeignChunk[] => {
  const reader = new ForeignReader(0, milliseconds(1_000_000));
  return records.flatMap((record) => [...reader.push(record)]);
};

describe('records of a producer without headers', () => {
  it('become the chunks of their bytes, at the records where those begin', async () => {
    const stream = await tutorialStream(4);
    const plain: number[] = [];
    const chunker = new Chunker((chunk) => plain.push(chunk.start));
    chunker.push(stream);
    for (const blockBytes of [188, 1_024, 65_536]) {
      const chunks = read(recordsOf(stream, blockBytes));
      expect(chunks.length).toBe(plain.length);
      chunks.forEach(({ position, header }, index) => {
        expect(position.session).toBe(0);
        expect(position.offset).toBe(Math.floor(plain[index]! / blockBytes));
        const before = chunks[index - 1];
        const sharesRecord = before?.position.offset === position.offset;
        expect(position.part).toBe(sharesRecord ? before.position.part + 1 : 0);
        expect(header.sequence).toBe(index);
      });
      expect(chunks[0]!.header.keyframe).toBe(true);
    }
  });

  it('have the same positions for a gateway that began to read later', async () => {
    const records = recordsOf(await tutorialStream(12), 1_024);
    const whole = read(records);
    const later = read(records.slice(100));
    const first = later[0]!.position;
    const from = whole.findIndex(({ position }) => position.offset === first.offset);
    expect(from).toBeGreaterThan(0);
    expect(later.map(({ position }) => position)).toEqual(whole.slice(from).map(({ position }) => position));
  });

  it('report loss: a gap before the next keyframe, and damaged chunks', async () => {
    const stream = await tutorialStream(24);
    const reader = new ForeignReader(0, milliseconds(1_000_000));
    const chunks: ForeignChunk[] = [];
    const damage = { continuityErrors: 0, droppedAccessUnits: 0 };
    // In the second GOP of x264's 250 frames.
    for (const record of recordsOf(withoutPacket(stream, 0.6), 1_024)) {
      chunks.push(...reader.push(record));
      const { continuityErrors, droppedAccessUnits } = reader.takeDamage();
      damage.continuityErrors += continuityErrors;
      damage.droppedAccessUnits += droppedAccessUnits;
    }
    expect(chunks[0]).toMatchObject({ gap: undefined, header: { discontinuity: true } });
    const gaps = chunks.filter(({ gap }) => gap);
    expect(gaps).toMatchObject([
      { gap: { reason: 'lost', missing: 0 }, header: { keyframe: true, discontinuity: true } },
    ]);
    expect(damage.continuityErrors).toBe(1);
    expect(damage.droppedAccessUnits).toBeGreaterThan(10);
    const whole = new ForeignReader(0, milliseconds(1_000_000));
    // Reading begins in the middle of a GOP, which is not damage.
    for (const record of recordsOf(stream, 1_024).slice(100))
      expect(whole.push(record).some(({ gap }) => gap)).toBe(false);
    expect(whole.takeDamage()).toEqual({ continuityErrors: 0, droppedAccessUnits: 0 });
  });

  it('get a wall clock from when they were appended, freed of jitter', async () => {
    const stream = await tutorialStream(4);
    const blocks = Math.ceil(stream.byteLength / 1_024);
    const chunks = read(recordsOf(stream, 1_024, 4_000 / blocks));
    const drifts = chunks.slice(1).map(({ header }, index) => {
      const before = chunks[index]!.header;
      const passed = (header.decodeTime - before.decodeTime) / 90;
      return Math.abs(header.wallClock - before.wallClock - passed);
    });
    expect(drifts.sort((a, b) => a - b).at(Math.floor(drifts.length / 2))).toBeLessThan(1);
    expect(chunks.at(-1)!.header.wallClock).toBeGreaterThan(1_000_000 + 2_000);
    expect(chunks.at(-1)!.header.wallClock).toBeLessThan(1_000_000 + 4_500);
  });
});
