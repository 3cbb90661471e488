import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPosition, MAX_RENDITION, parsePosition } from './position.js';

/** The grammar of PROTOCOL.md. */
const GRAMMAR = /^(0|[1-9]\d?)\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,4})$/;

describe('a position as text', () => {
  it('survives encoding and decoding', () => {
    const number = fc.maxSafeNat();
    fc.assert(
      fc.property(
        fc.record({
          rendition: fc.nat(MAX_RENDITION),
          session: number,
          offset: number,
          part: fc.nat(0xffff),
        }),
        (position) => {
          expect(parsePosition(formatPosition(position))).toEqual(position);
        },
      ),
    );
  });

  it('is read exactly if the grammar has it and its numbers are in range', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'00123456789'), minLength: 0, maxLength: 17 });
    const almost = fc.array(digits, { minLength: 3, maxLength: 5 }).map((fields) => fields.join('.'));
    const anything = fc.string({ unit: fc.constantFrom(...'0179..-+e ٣\n'), maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(almost, anything), (text) => {
        const fields = GRAMMAR.exec(text)?.slice(1).map(Number);
        const isInRange =
          fields !== undefined &&
          fields[0]! <= MAX_RENDITION &&
          fields.every(Number.isSafeInteger) &&
          fields[3]! <= 0xffff;
        expect(parsePosition(text) !== undefined).toBe(isInRange);
      }),
      { numRuns: 2_000 },
    );
  });
});
