import { bytes, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GopGate } from './gop-gate.js';

const NOTHING = { bytes: bytes(0), waited: milliseconds(0) };
const LATE = { bytes: bytes(100_000), waited: milliseconds(3_000) };

describe('the gate of an encoder', () => {
  it('leaves GOPs out whole, whatever waits when', () => {
    const offered = fc.array(
      fc.record({ isKeyframe: fc.boolean(), waited: fc.nat(20_000), isRunning: fc.boolean() }),
    );
    fc.assert(
      fc.property(offered, (pictures) => {
        const gate = new GopGate();
        let isOpen = false;
        for (const [at, { isKeyframe, waited, isRunning }] of pictures.entries()) {
          if (isRunning) gate.start();
          const backlog = { bytes: bytes(1_000), waited: milliseconds(waited) };
          const isTaken = gate.takes(isKeyframe, backlog, milliseconds(at * 40));
          if (!isKeyframe) expect(isTaken).toBe(isOpen);
          isOpen = isTaken;
        }
      }),
    );
  });

  it('gives an encoder that starts more time than one that runs', () => {
    const gate = new GopGate();
    expect(gate.takes(true, LATE, milliseconds(0))).toBe(true);
    gate.start();
    expect(gate.takes(false, LATE, milliseconds(40))).toBe(true);
    expect(gate.takes(true, LATE, milliseconds(80))).toBe(false);
    expect(gate.takes(false, NOTHING, milliseconds(120))).toBe(false);
    expect(gate.takes(true, NOTHING, milliseconds(160))).toBe(true);
  });

  it('has room for 16 MB, also within a GOP', () => {
    const gate = new GopGate();
    const waiting = (size: number) => ({ ...NOTHING, bytes: bytes(size) });
    expect(gate.takes(true, waiting(0), milliseconds(0))).toBe(true);
    expect(gate.takes(false, waiting(15_900_000), milliseconds(40))).toBe(true);
    expect(gate.takes(false, waiting(16_100_000), milliseconds(80))).toBe(false);
    expect(gate.takes(false, waiting(0), milliseconds(120))).toBe(false);
  });

  it('complains of what is left out again and again, and not of a GOP at the beginning', () => {
    const leftOutAfter = (seconds: number, isLate: (second: number) => boolean): number | undefined => {
      const gate = new GopGate();
      gate.start();
      for (let at = 0; at < seconds * 25; at++) {
        const second = Math.floor(at / 25);
        gate.takes(at % 25 === 0, isLate(second) ? LATE : NOTHING, milliseconds(at * 40));
      }
      return gate.leftOut(milliseconds(seconds * 1_000));
    };
    expect(leftOutAfter(3, (second) => second === 1)).toBeUndefined();
    expect(leftOutAfter(30, (second) => second === 1)).toBeUndefined();
    expect(leftOutAfter(30, (second) => second % 2 === 1)).toBeCloseTo(0.5, 1);
    expect(leftOutAfter(90, (second) => second < 40)).toBeUndefined();
  });
});
