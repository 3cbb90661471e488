import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readValues, writeValues } from './amf0.js';

const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1_000) };

describe('values', () => {
  it('are read as they were written', () => {
    const written = writeValues('connect', 1, null, true, { app: 'live', more: { flashVer: 'ü' } });
    expect(readValues(written)).toEqual([
      ...['connect', 1, null, true],
      new Map<string, unknown>([
        ['app', 'live'],
        ['more', new Map([['flashVer', 'ü']])],
      ]),
    ]);
  });

  it('are read in the forms that only others write', () => {
    const array = [8, 0, 0, 0, 1, 0, 1, 97, 5, 0, 0, 9];
    const list = [10, 0, 0, 0, 2, 5, 6];
    const date = [11, ...new Uint8Array(8), 0, 0];
    const long = [12, 0, 0, 0, 1, 98];
    expect(readValues(Uint8Array.from([...array, ...list, ...date, ...long]))).toEqual([
      new Map([['a', null]]),
      [null, undefined],
      0,
      'b',
    ]);
  });

  it('never pollute a prototype', () => {
    const name = [...Buffer.from('__proto__')];
    const bytes = Uint8Array.from([3, 0, name.length, ...name, 3, 0, 1, 120, 1, 1, 0, 0, 9, 0, 0, 9]);
    expect(readValues(bytes)).toHaveLength(1);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe('bombs', () => {
  it.each([
    ['nested objects', Array.from({ length: 20_000 }, () => [3, 0, 1, 97]).flat()],
    ['nested lists', Array.from({ length: 20_000 }, () => [10, 0, 0, 0, 1]).flat()],
    ['a list of four billion', [10, 0xff, 0xff, 0xff, 0xff, 5, 5]],
    ['many values', Array<number>(50_000).fill(5)],
    ['a text of four billion', [12, 0xff, 0xff, 0xff, 0xff, 1]],
    ['an object without end', [3, 0, 1, 97, 5]],
    ['a reference', [7, 0, 0]],
  ])('%s are refused', (_, bytes) => {
    expect(readValues(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('and noise never make it throw', () => {
    const kinds = fc.constantFrom(0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 255);
    fc.assert(
      fc.property(fc.array(fc.oneof(kinds, fc.nat(255)), { maxLength: 200 }), (bytes) => {
        readValues(Uint8Array.from(bytes));
      }),
      FUZZ,
    );
  });
});
