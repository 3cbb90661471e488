import type { Arrival } from '@topicast/test/byte-exact-viewer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliverable, judgeDelivery, longestGap } from './verdict.js';

const chunk = (sequence: number, session = 1, hash = `${session}-${sequence}`): Arrival => ({
  ...{ session, sequence, hash, offset: sequence, at: sequence },
});
const chunks = (...sequences: number[]): Arrival[] => sequences.map((sequence) => chunk(sequence));

describe('the judgement of a delivery', () => {
  it.each([
    ['all of it', chunks(5, 6, 7), { lost: 0, doubled: 0, outOfOrder: 0 }],
    ['one left out', chunks(5, 7), { lost: 1, doubled: 0, outOfOrder: 0 }],
    ['one twice', chunks(5, 6, 6, 7), { lost: 0, doubled: 1, outOfOrder: 0 }],
    ['two changed over', chunks(5, 7, 6), { lost: 0, doubled: 0, outOfOrder: 1 }],
    ['other bytes', [chunk(5), chunk(6, 1, 'x'), chunk(7)], { lost: 1, doubled: 0, outOfOrder: 0 }],
    ['nothing', [], { lost: 8, doubled: 0, outOfOrder: 0 }],
  ])('%s', (_, arrivals, expected) => {
    expect(judgeDelivery(chunks(0, 1, 2, 3, 4, 5, 6, 7), arrivals)).toEqual(expected);
  });

  it('counts a chunk of an earlier session that comes late', () => {
    const acknowledged = [chunk(0), chunk(1), chunk(0, 2)];
    expect(judgeDelivery(acknowledged, [chunk(0), chunk(0, 2), chunk(1)])).toMatchObject({ outOfOrder: 1 });
  });

  it('of any subset in order counts what is left out', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 })), (left) => {
        const all = Array.from({ length: 51 }, (_, n) => chunk(n));
        const arrivals = all.filter(({ sequence }) => !left.includes(sequence));
        expect(judgeDelivery(all, arrivals)).toEqual({ lost: left.length, doubled: 0, outOfOrder: 0 });
      }),
    );
  });
});

it('a topic with repeats, a replaced encoder and a gap', () => {
  const records = [chunk(0), chunk(1), chunk(1), chunk(0, 2), chunk(2), chunk(3, 2)];
  const { chunks: found, missing } = deliverable(records);
  expect(found.map(({ session, sequence }) => [session, sequence])).toEqual([
    [1, 0],
    [1, 1],
    [2, 0],
    [2, 3],
  ]);
  expect(missing).toBe(2);
});

it('the longest gap reaches over the edges', () => {
  expect(longestGap([1, 2, 3, 9, 10], 2.5, 11)).toBe(6);
  expect(longestGap([1, 2], 3, 10)).toBe(8);
  expect(longestGap([], 3, 10)).toBe(7);
});
