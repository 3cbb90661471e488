import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Continuation } from './continuation.js';
import { ContinuityCheck } from './continuity.js';
import { continuityOf, PACKET_BYTES, pidOf } from './packet.js';

/** What a multiplexer writes: its counters begin where they like. */
function written(pids: readonly number[], from: number): Uint8Array[] {
  const counters = new Map<number, number>();
  return pids.map((pid, index) => {
    const counter = counters.get(pid) ?? from;
    counters.set(pid, (counter + 1) & 0x0f);
    const packet = new Uint8Array(PACKET_BYTES).fill(index & 0xff);
    packet.set([0x47, pid >> 8, pid & 0xff, 0x10 | counter]);
    return packet;
  });
}

it('gives the packets of several multiplexers one continuity, however their bytes are cut', () => {
  const round = fc.record({
    pids: fc.array(fc.constantFrom(0, 0x100, 0x101), { minLength: 4, maxLength: 60 }),
    from: fc.nat(15),
    cut: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 4 }), (rounds) => {
      const packets: Uint8Array[] = [];
      const joined = new Continuation((packet) => packets.push(new Uint8Array(packet)));
      for (const { pids, from, cut } of rounds) {
        joined.begin();
        const bytes = Buffer.concat(written(pids, from));
        for (let at = 0; at < bytes.length; at += cut) joined.push(bytes.subarray(at, at + cut));
      }
      joined.begin();
      const check = new ContinuityCheck();
      expect(packets.map(pidOf)).toEqual(rounds.flatMap(({ pids }) => pids));
      expect(packets.every((packet) => check.check(packet, pidOf(packet)) === 'next')).toBe(true);
      // The first one passes as it is.
      const [first] = rounds;
      expect(continuityOf(packets[0]!)).toBe(first!.from);
    }),
  );
});
