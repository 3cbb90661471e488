import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Depacketized, H264Depacketizer } from './h264.js';
import type { RtpPacket } from './packet.js';

/** How a sender cuts a picture: NAL units in one packet, by themselves, or in pieces (RFC 6184 5.6, 5.7.1, 5.8). */
function packetsOf(nals: readonly Uint8Array[], timestamp: number, size: number): RtpPacket[] {
  const payloads: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  const flush = (): void => {
    const [only, ...more] = together;
    if (only && more.length === 0) payloads.push(only);
    else if (only)
      payloads.push(
        Buffer.concat([
          Uint8Array.of(0x78),
          ...together.flatMap((nal) => [Uint8Array.of(nal.length >> 8, nal.length & 0xff), nal]),
        ]),
      );
    together = [];
  };
  for (const nal of nals) {
    if (nal.length <= size / 2) {
      together.push(nal);
      if (together.length === 3) flush();
      continue;
    }
    flush();
    if (nal.length <= size) payloads.push(nal);
    else {
      for (let at = 1; at < nal.length; at += size) {
        const flags = (at === 1 ? 0x80 : 0) | (at + size >= nal.length ? 0x40 : 0);
        const header = Uint8Array.of((nal[0]! & 0xe0) | 28, flags | (nal[0]! & 0x1f));
        payloads.push(Buffer.concat([header, nal.subarray(at, at + size)]));
      }
    }
  }
  flush();
  return payloads.map((payload, i) => ({
    ...{ payloadType: 96, sequence: 0, ssrc: 1, transportSequence: undefined },
    ...{ timestamp, payload, isMarked: i === payloads.length - 1 },
  }));
}

const nal = fc
  .tuple(fc.constantFrom(0x61, 0x65, 0x06), fc.uint8Array({ minLength: 1, maxLength: 90 }))
  .map(([first, rest]) => Uint8Array.of(first, ...rest));
const pictures = fc.array(fc.array(nal, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 });

function read(packets: readonly (RtpPacket | 'gap')[]): Depacketized[] {
  const found: Depacketized[] = [];
  const depacketizer = new H264Depacketizer((each) => found.push(each));
  for (const packet of packets) {
    if (packet === 'gap') depacketizer.gap();
    else depacketizer.push(packet);
  }
  return found;
}

describe('pictures', () => {
  it('are as they were sent, and complete with their last packet', () => {
    fc.assert(
      fc.property(pictures, fc.integer({ min: 4, max: 60 }), (sent, size) => {
        const packets = sent.map((nals, i) => packetsOf(nals, i * 3_000, size));
        const found: Depacketized[] = [];
        const depacketizer = new H264Depacketizer((each) => found.push(each));
        packets.forEach((each, i) => {
          for (const packet of each) depacketizer.push(packet);
          expect(found.length).toBe(i + 1);
        });
        const expected = sent.map((nals, i) => ({ kind: 'picture', timestamp: i * 3_000, nals }));
        const plain = found.map((each) =>
          each.kind === 'picture' ? { ...each, nals: each.nals.map((one) => Uint8Array.from(one)) } : each,
        );
        expect(plain).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('of which a packet is missing are never shown, and the loss is told', () => {
    fc.assert(
      fc.property(pictures, fc.integer({ min: 4, max: 60 }), fc.nat(), (sent, size, where) => {
        const packets = sent.flatMap((nals, i) => packetsOf(nals, i * 3_000, size));
        const lost = where % packets.length;
        const found = read(packets.map((packet, i) => (i === lost ? 'gap' : packet)));
        const shown = found.flatMap((each) => (each.kind === 'picture' ? [each.timestamp] : []));
        expect(shown).not.toContain(packets[lost]!.timestamp);
        expect(found.some(({ kind }) => kind === 'lost')).toBe(true);
        // What came before it is whole.
        const before = sent.map((_, i) => i * 3_000).filter((time) => time < packets[lost]!.timestamp);
        expect(shown).toEqual(expect.arrayContaining(before));
      }),
      { numRuns: 200 },
    );
  });

  it('that begin with parameters are whole behind a gap', () => {
    const key = [Uint8Array.of(0x67, 1, 2, 3), Uint8Array.of(0x68, 1), Uint8Array.of(0x65, 9, 9)];
    const found = read(['gap', ...packetsOf(key, 3_000, 60)]);
    expect(found.map(({ kind }) => kind)).toEqual(['lost', 'picture']);
  });
});

it('lives through whatever comes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.nat(2), fc.boolean())), (packets) => {
      read(
        packets.map(([payload, timestamp, isMarked]) => ({
          ...{ payloadType: 96, sequence: 0, ssrc: 1, transportSequence: undefined },
          ...{ payload, timestamp, isMarked },
        })),
      );
    }),
    { numRuns: 500 },
  );
});
