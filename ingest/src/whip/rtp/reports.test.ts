import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type GenericNack,
  RtcpPacketConverter,
  type RtcpTransportLayerFeedback,
  type TransportWideCC,
} from 'werift';
import type { Choice, ChosenTrack } from '../sdp/choice.js';
import { Arrivals } from './arrivals.js';
import { Reception } from './reception.js';
import * as reports from './reports.js';

const at = milliseconds;
/** As somebody else reads it. */
const read = (packet: Buffer) => RtcpPacketConverter.deSerialize(packet);

it('a compound of ours is read by others', () => {
  const reception = {
    ...{ ssrc: 7, fractionLost: 3, lost: -2, highestSequence: 70_000, jitter: 12.4, compactClock: 9 },
    sinceReport: at(500),
  };
  const [report, loss] = read(
    Buffer.concat([reports.receiverReport(5, [reception]), reports.pictureLossIndication(5, 7)]),
  );
  expect(report).toMatchObject({
    ssrc: 5,
    reports: [{ ssrc: 7, fractionLost: 3, highestSequence: 70_000, jitter: 12, lsr: 9, dlsr: 32_768 }],
  });
  expect(loss).toMatchObject({ feedback: { senderSsrc: 5, mediaSsrc: 7 } });
});

it('every missing packet is asked for, and no other', () => {
  const numbers = fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(numbers, fc.nat(65_535), (missing, first) => {
      const asked = missing.sort((a, b) => a - b).map((each) => (first + each) % 65_536);
      const [packet] = read(reports.negativeAcknowledgement(5, 7, asked));
      const { feedback } = packet as RtcpTransportLayerFeedback;
      // It goes on counting where the numbers go round.
      const lost = (feedback as GenericNack).lost.map((each) => each % 65_536);
      expect(new Set(lost)).toEqual(new Set(asked));
    }),
  );
});

describe('when packets arrived', () => {
  it('is told as it was, with those that are missing', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(90)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.nat(65_535), (packets, first) => {
        const arrivals = new Arrivals();
        let number = first;
        let now = performance.now() + 1_000;
        const sent = packets.map(([step, wait]) => {
          number += step;
          now += wait;
          arrivals.add(number % 65_536, at(now));
          return { number: number % 65_536, now };
        });
        const [packet] = read(reports.arrivalFeedback(5, arrivals.report(7)!));
        const { feedback } = packet as RtcpTransportLayerFeedback;
        const { packetChunks, recvDeltas, baseSequenceNumber } = feedback as TransportWideCC;
        const symbols = packetChunks.flatMap((chunk) => ('symbolList' in chunk ? chunk.symbolList : []));
        const received = symbols.flatMap((symbol, i) =>
          symbol > 0 ? [(baseSequenceNumber + i) % 65_536] : [],
        );
        expect(received).toEqual(sent.map((each) => each.number));
        let told = sent[0]!.now;
        recvDeltas.slice(1).forEach(({ delta }, i) => {
          told += delta / 1_000;
          expect(Math.abs(told - sent[i + 1]!.now)).toBeLessThanOrEqual(0.5);
        });
        expect(arrivals.report(7)).toBeUndefined();
      }),
    );
  });

  it('stays small', () => {
    const arrivals = new Arrivals();
    for (let i = 0; i < 30_000; i++) arrivals.add((i * 7) % 65_536, at(performance.now()));
    expect(arrivals.report(7)!.byteLength).toBeLessThan(1_200);
  });
});

it('lives through whatever comes from a publisher', () => {
  const track = (name: string, payloadType: number): ChosenTrack => ({
    section: {
      ...{ kind: 'video', protocol: '', mid: '0', isSending: true, formats: [], codecs: [] },
      extensions: new Map(),
    },
    codec: { payloadType, name, rate: 90_000, parameters: '', feedback: ['nack'] },
    repair: { payloadType: payloadType + 1, name: 'rtx', rate: 90_000, parameters: '', feedback: [] },
    transportSequenceId: 4,
  });
  const choice: Choice = { picture: track('h264', 96), sound: track('opus', 98), notes: [] };
  const header = fc.constantFrom(0x80, 0x90, 0xb0, 0x8f);
  const rtp = fc
    .tuple(header, fc.integer({ min: 96, max: 99 }), fc.uint8Array({ minLength: 10, maxLength: 60 }))
    .map(([first, type, rest]) => Uint8Array.of(first, type, ...rest));
  const rtcp = fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(0x81, 200, 0, 6, ...rest));
  fc.assert(
    fc.property(fc.array(fc.oneof(rtp, rtcp, fc.uint8Array({ maxLength: 30 }))), (packets) => {
      const reception = new Reception(choice, 5, () => undefined);
      packets.forEach((packet, i) => {
        reception.rtp(packet, at(i * 30));
        reception.rtcp(packet, at(i * 30));
        reception.tick(at(i * 30));
      });
    }),
    { numRuns: 300 },
  );
});
