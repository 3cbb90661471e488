import { milliseconds } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_BYTES, RecordQueue } from './queue.js';

const record = (sequence: number, keyframe: boolean, size: number, session = 1): NewRecord => ({
  header: headerOf(sequence, { keyframe, session }),
  value: new Uint8Array(size),
});

describe('RecordQueue', () => {
  it('drops the oldest GOP, and marks what follows the gap', () => {
    const queue = new RecordQueue({ bytes: 50, spanMs: 60_000 });
    for (let sequence = 0; sequence < 5; sequence++)
      expect(queue.push(record(sequence, sequence % 3 === 0, 10))).toEqual([]);
    expect(queue.push(record(5, false, 10)).map(({ header }) => header.sequence)).toEqual([0, 1, 2]);
    const left = queue.takeBatch().map(({ header }) => [header.sequence, header.discontinuity]);
    expect(left).toEqual([
      [3, true],
      [4, false],
      [5, false],
    ]);
  });

  it('loses nothing when the clock is set a minute ahead', () => {
    const queue = new RecordQueue({ bytes: 1e9, spanMs: 30_000 });
    const before = record(0, true, 10);
    const after = record(1, false, 10);
    queue.push(before);
    const header = { ...after.header, wallClock: milliseconds(after.header.wallClock + 60_000) };
    expect(queue.push({ ...after, header })).toEqual([]);
  });

  it('holds no more than 30 s', () => {
    const queue = new RecordQueue({ bytes: 1e9, spanMs: 30_000 });
    for (let sequence = 0; sequence < 3_000; sequence++)
      queue.push(record(sequence, sequence % 30 === 0, 10));
    const kept = queue.takeBatch();
    expect(kept.at(-1)!.header.wallClock - kept[0]!.header.wallClock).toBeLessThanOrEqual(30_000);
    expect(kept.length).toBeGreaterThan(850);
  });

  it('drops whole GOPs, never reorders, never exceeds its bound, and loses nothing uncounted', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('push' as const),
          size: fc.integer({ min: 1, max: 40 }),
          keyframe: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const limit = 200;
        const queue = new RecordQueue({ bytes: limit, spanMs: 1_000 });
        const taken: NewRecord[] = [];
        let pushed = 0;
        let dropped = 0;
        for (const action of steps) {
          if (action.do === 'push')
            dropped += queue.push(record(pushed++, action.keyframe, action.size)).length;
          else if (action.do === 'skip') dropped += queue.skipToKeyframe().length;
          else taken.push(...queue.takeBatch());
          expect(queue.bytes).toBeLessThanOrEqual(limit);
        }
        taken.push(...queue.takeBatch());
        expect(taken.length + dropped).toBe(pushed);
        const sequences = taken.map(({ header }) => header.sequence);
        expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
        for (const [index, { header }] of taken.entries()) {
          const gap = header.sequence !== (index === 0 ? 0 : sequences[index - 1]! + 1);
          if (gap) expect(header).toMatchObject({ keyframe: true, discontinuity: true });
        }
      }),
    );
  });

  it('takes batches that a broker takes, at least one record', () => {
    const queue = new RecordQueue({ bytes: 1e9, spanMs: 1e9 });
    for (let sequence = 0; sequence < 10; sequence++) queue.push(record(sequence, true, BATCH_BYTES / 4));
    expect(queue.takeBatch()).toHaveLength(4);
    const large = new RecordQueue({ bytes: 1e9, spanMs: 1e9 });
    large.push(record(0, true, BATCH_BYTES * 2));
    large.push(record(1, false, 10));
    expect(large.takeBatch()).toHaveLength(1);
  });
});
