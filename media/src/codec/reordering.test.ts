import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayReorder } from './reordering.js';

/** Writes the syntax of ITU-T H.264 7.3.2.1.1 and E.1.1. */
class Bits {
  readonly #bits: number[] = [];
  u(count: number, value: number): this {
    for (let i = count - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }
  /** Exp-Golomb (9.1). */
  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.u(length, 0).u(length + 1, value + 1);
  }
  /** With the stop bit, and emulation prevention (7.4.1). */
  end(): number[] {
    this.u(1, 1);
    while (this.#bits.length % 8) this.#bits.push(0);
    const out: number[] = [];
    for (let i = 0; i < this.#bits.length; i += 8) {
      const byte = Number.parseInt(this.#bits.slice(i, i + 8).join(''), 2);
      if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
      out.push(byte);
    }
    return out;
  }
}

interface Sps {
  readonly profile: number;
  readonly constraints: number;
  readonly orderType: 0 | 2;
  readonly vui:
    | undefined
    | {
        readonly ratio: 'none' | 'listed' | 'extended';
        readonly flags: readonly boolean[];
        readonly hrds: readonly [boolean, boolean];
        readonly depth: number | undefined;
      };
}

function hrd(bits: Bits): void {
  bits.ue(1).u(8, 0x44);
  for (let i = 0; i < 2; i++) bits.ue(1_000).ue(2_000).u(1, 0);
  bits.u(20, 0x12345);
}

function spsOf({ profile, constraints, orderType, vui }: Sps): Uint8Array {
  const bits = new Bits().ue(0);
  if (profile === 100) bits.ue(1).ue(0).ue(0).u(1, 0).u(1, 0);
  bits.ue(0).ue(orderType);
  if (orderType === 0) bits.ue(2);
  bits.ue(1).u(1, 0).ue(39).ue(22).u(1, 1).u(1, 1);
  bits.u(1, 1).ue(0).ue(0).ue(0).ue(4);
  bits.u(1, vui ? 1 : 0);
  if (vui) {
    const [overscan, signal, colour, chroma, timing] = vui.flags;
    bits.u(1, vui.ratio === 'none' ? 0 : 1);
    if (vui.ratio === 'listed') bits.u(8, 1);
    if (vui.ratio === 'extended') bits.u(8, 255).u(16, 4).u(16, 3);
    bits.u(1, overscan ? 1 : 0);
    if (overscan) bits.u(1, 1);
    bits.u(1, signal ? 1 : 0);
    if (signal) {
      bits.u(4, 10).u(1, colour ? 1 : 0);
      if (colour) bits.u(24, 0x010101);
    }
    bits.u(1, chroma ? 1 : 0);
    if (chroma) bits.ue(1).ue(1);
    bits.u(1, timing ? 1 : 0);
    if (timing) bits.u(32, 1).u(32, 60).u(1, 1);
    for (const has of vui.hrds) {
      bits.u(1, has ? 1 : 0);
      if (has) hrd(bits);
    }
    if (vui.hrds.some(Boolean)) bits.u(1, 0);
    bits.u(1, 1).u(1, vui.depth === undefined ? 0 : 1);
    if (vui.depth !== undefined) bits.u(1, 1).ue(0).ue(0).ue(10).ue(10).ue(vui.depth).ue(4);
  }
  return Uint8Array.from([0x67, profile, constraints, 31, ...bits.end()]);
}

const anySps: fc.Arbitrary<Sps> = fc.record({
  profile: fc.constantFrom(66, 77, 100),
  constraints: fc.constantFrom(0, 0x10, 0xc0),
  orderType: fc.constantFrom<(0 | 2)[]>(0, 2),
  vui: fc.option(
    fc.record({
      ratio: fc.constantFrom<('none' | 'listed' | 'extended')[]>('none', 'listed', 'extended'),
      flags: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      hrds: fc.tuple(fc.boolean(), fc.boolean()),
      depth: fc.option(fc.integer({ min: 0, max: 16 }), { nil: undefined }),
    }),
    { nil: undefined },
  ),
});

describe('what a sequence parameter set says about reordering', () => {
  it('is found behind everything that may stand before it', () => {
    fc.assert(
      fc.property(anySps, (sps) => {
        const isIntra = (sps.constraints & 0x10) !== 0 && sps.profile === 100;
        const expected = sps.orderType !== 2 && (sps.vui?.depth === undefined ? !isIntra : sps.vui.depth > 0);
        expect(mayReorder(spsOf(sps))).toBe(expected);
      }),
    );
  });

  it('is unknown where it is cut off, and no bytes do harm', () => {
    const whole = spsOf({ profile: 100, constraints: 0, orderType: 0, vui: undefined });
    expect(mayReorder(whole.subarray(0, 8))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect([true, false, undefined]).toContain(mayReorder(bytes));
      }),
    );
  });
});
