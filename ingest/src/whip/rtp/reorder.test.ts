import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RtpPacket } from './packet.js';
import { Reorder } from './reorder.js';

const packet = (sequence: number): RtpPacket => ({
  ...{ payloadType: 96, isMarked: false, timestamp: 0, ssrc: 1, transportSequence: undefined },
  ...{ sequence: (sequence + 65_536) % 65_536, payload: Uint8Array.of(1) },
});
const at = milliseconds;
const PATIENCE = at(100);

/** Sequence numbers, and `gap`. */
const taken = (reorder: Reorder, now: Milliseconds): (number | 'gap')[] =>
  reorder.take(now).map((each) => (each.kind === 'gap' ? 'gap' : each.packet.sequence));

describe('packets', () => {
  it('come out in order, once each, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.array(fc.nat(20), { minLength: 1, maxLength: 60 }), (first, delays) => {
        const reorder = new Reorder(PATIENCE);
        const sent = delays.map((delay, i) => [i, i === 0 ? -1 : i + delay] as const);
        const order = [...sent].sort(([, a], [, b]) => a - b).map(([i]) => i);
        const out = order.flatMap((i) => {
          reorder.push(packet(first + i), Milliseconds.zero);
          reorder.push(packet(first + i), Milliseconds.zero);
          return taken(reorder, Milliseconds.zero);
        });
        expect(out).toEqual(sent.map(([i]) => (first + i) % 65_536));
      }),
    );
  });

  it('that are missing are waited for, asked for again and again, and given up in the end', () => {
    const reorder = new Reorder(PATIENCE);
    for (const each of [1, 2, 5]) reorder.push(packet(each), at(0));
    expect(taken(reorder, at(0))).toEqual([1, 2]);
    expect(reorder.askFor(at(5))).toEqual([]);
    expect(reorder.askFor(at(10))).toEqual([3, 4]);
    expect(reorder.askFor(at(50))).toEqual([]);
    reorder.push(packet(4), at(60));
    expect(reorder.askFor(at(90))).toEqual([3]);
    expect(taken(reorder, at(99))).toEqual([]);
    expect(taken(reorder, at(100))).toEqual(['gap', 4, 5]);
    reorder.push(packet(3), at(110));
    expect(taken(reorder, at(110))).toEqual([]);
  });

  it('that are missing are not given up while nobody read what came', () => {
    const reorder = new Reorder(PATIENCE);
    for (const each of [1, 3]) reorder.push(packet(each), at(0));
    expect(taken(reorder, at(0))).toEqual([1]);
    reorder.forgive(at(5_000));
    expect(taken(reorder, at(5_000))).toEqual([]);
    reorder.push(packet(2), at(5_000));
    expect(taken(reorder, at(5_000))).toEqual([2, 3]);
  });

  it('that come again with other numbers follow a gap', () => {
    const reorder = new Reorder(PATIENCE);
    reorder.push(packet(1), at(0));
    expect(taken(reorder, at(0))).toEqual([1]);
    reorder.push(packet(30_000), at(10));
    expect(taken(reorder, at(10))).toEqual(['gap', 30_000]);
  });

  it('do not fill the memory, whatever is missing', () => {
    const reorder = new Reorder(at(1e9));
    reorder.push(packet(0), at(0));
    for (let i = 2; i < 20_000; i++) reorder.push(packet(i), at(0));
    expect(taken(reorder, at(0)).length).toBeGreaterThan(17_000);
    let asked = 0;
    for (let i = 0; i < 200; i++) {
      reorder.push(packet(20_000 + i * 900), at(0));
      reorder.take(at(0));
    }
    let newly = reorder.askFor(at(100));
    for (; newly.length > 0; newly = reorder.askFor(at(100))) asked += newly.length;
    expect(asked).toBeLessThanOrEqual(2_048);
  });
});
