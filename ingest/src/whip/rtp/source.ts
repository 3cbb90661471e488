import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ChosenTrack } from '../sdp/choice.js';
import { SourceClock } from './clocks.js';
import { asItWas, type RtpPacket } from './packet.js';
import { type Arrival, Reorder } from './reorder.js';
import type { Reception, SenderReport } from './reports.js';
import { Unwrap } from './unwrap.js';

/** Where lost packets are sent again: a few times the way there and back across an ocean. */
const PATIENCE_WITH_REPAIR = milliseconds(500);
/** Where they are not: packets overtake each other by less. */
const PATIENCE = milliseconds(60);
/** A sender that has taken another number for its source is silent under the old one. */
const SUCCEEDED_AFTER = milliseconds(2_000);

/** One track as it comes by RTP: who sends it, what of it came, and when. */
export class Source {
  readonly track: ChosenTrack;
  /** Of who sends it now: another number has other timestamps. */
  clock: SourceClock;
  readonly isRepaired: boolean;
  #reorder: Reorder;
  #ssrc: number | undefined;
  #lastPacket = Milliseconds.never;
  #counts: Counts = new Counts();
  #lastReport: { readonly compactClock: number; readonly at: Milliseconds } | undefined;

  constructor(track: ChosenTrack) {
    this.track = track;
    this.isRepaired = track.codec.feedback.includes('nack');
    this.clock = new SourceClock(track.codec.rate);
    this.#reorder = this.#newReorder();
  }

  /** Known with its first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  /** @returns whether it is of this track */
  push(packet: RtpPacket, now: Milliseconds): boolean {
    const { codec, repair } = this.track;
    if (repair && packet.payloadType === repair.payloadType) {
      const repaired = asItWas(packet, codec.payloadType);
      if (repaired && this.#ssrc !== undefined) this.#reorder.push(repaired, now);
      return true;
    }
    if (packet.payloadType !== codec.payloadType) return false;
    if (this.#ssrc !== packet.ssrc && !this.#succeeds(packet.ssrc, now)) return true;
    this.#lastPacket = now;
    this.#counts.add(packet, now, codec.rate);
    this.#reorder.push(packet, now);
    return true;
  }

  /** What can be read now, in order. */
  take(now: Milliseconds): Arrival[] {
    return this.#reorder.take(now);
  }

  /** We stood still for so long, and the answers may wait in the socket. */
  forgive(stood: Milliseconds): void {
    this.#reorder.forgive(stood);
  }

  /** What its sender has to send again. */
  askFor(now: Milliseconds): number[] {
    return this.isRepaired ? this.#reorder.askFor(now) : [];
  }

  onReport(report: SenderReport, now: Milliseconds): void {
    if (report.ssrc !== this.#ssrc) return;
    this.#lastReport = { compactClock: report.compactClock, at: now };
    this.clock.report(report);
  }

  /** What there is to say about it since the last time; undefined before its first packet. */
  reception(now: Milliseconds): Reception | undefined {
    if (this.#ssrc === undefined) return undefined;
    const { compactClock = 0, at = now } = this.#lastReport ?? {};
    return { ssrc: this.#ssrc, ...this.#counts.take(), compactClock, sinceReport: Milliseconds.sub(now, at) };
  }

  /** The one that sends; of several (simulcast), the first. */
  #succeeds(ssrc: number, now: Milliseconds): boolean {
    if (Milliseconds.sub(now, this.#lastPacket) < SUCCEEDED_AFTER) return false;
    this.#ssrc = ssrc;
    this.#counts = new Counts();
    this.#lastReport = undefined;
    this.clock = new SourceClock(this.track.codec.rate);
    this.#reorder = this.#newReorder();
    return true;
  }

  #newReorder(): Reorder {
    return new Reorder(this.isRepaired ? PATIENCE_WITH_REPAIR : PATIENCE);
  }
}

/** What a receiver counts (RFC 3550 6.4.1, A.3, A.8). */
class Counts {
  readonly #numbers = new Unwrap(16);
  readonly #timestamps = new Unwrap(32);
  #first: number | undefined;
  #highest = Number.NEGATIVE_INFINITY;
  #received = 0;
  #told = { expected: 0, received: 0 };
  #transit: number | undefined;
  #jitter = 0;

  add({ sequence, timestamp }: RtpPacket, now: Milliseconds, rate: number): void {
    const number = this.#numbers.next(sequence);
    this.#first ??= number;
    this.#highest = Math.max(this.#highest, number);
    this.#received++;
    const transit = (now / 1_000) * rate - this.#timestamps.next(timestamp);
    const difference = Math.abs(transit - (this.#transit ?? transit));
    this.#transit = transit;
    this.#jitter += (difference - this.#jitter) / 16;
  }

  take(): Pick<Reception, 'fractionLost' | 'lost' | 'highestSequence' | 'jitter'> {
    const expected = this.#highest - (this.#first ?? this.#highest) + 1;
    const expectedNow = expected - this.#told.expected;
    const lostNow = expectedNow - (this.#received - this.#told.received);
    this.#told = { expected, received: this.#received };
    return {
      fractionLost:
        expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      lost: expected - this.#received,
      highestSequence: this.#highest,
      jitter: this.#jitter,
    };
  }
}
