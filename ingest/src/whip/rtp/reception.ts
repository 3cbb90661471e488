import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Choice } from '../sdp/choice.js';
import type { WhipMedia } from '../transport.js';
import { Arrivals } from './arrivals.js';
import { H264Depacketizer } from './h264.js';
import { readRtp } from './packet.js';
import {
  arrivalFeedback,
  negativeAcknowledgement,
  pictureLossIndication,
  readSenderReports,
  receiverReport,
} from './reports.js';
import { Source } from './source.js';

/** Viewers join at keyframes, and publishers by WebRTC send none unless they are asked. */
const KEYFRAME_EVERY = milliseconds(1_500);
/** An answer takes a way there and back, and a picture. */
const ASK_AGAIN_AFTER = milliseconds(500);
const REPORT_EVERY = milliseconds(1_000);
const ARRIVALS_EVERY = milliseconds(100);
/** Ticks are closer: the process was busy with something else. */
const STOOD_STILL = milliseconds(100);
const IDR = 5;

/**
 * What comes by RTP from one publisher becomes pictures and sound on one time line, and what it has to be told becomes
 * RTCP. Pure: the caller has the network and the clock.
 */
export class Reception {
  readonly #onMedia: (media: WhipMedia) => void;
  readonly #picture: Source;
  readonly #sound: Source | undefined;
  readonly #depacketizer: H264Depacketizer;
  readonly #transportSequenceId: number | undefined;
  readonly #arrivals = new Arrivals();
  /** Our own number. */
  readonly #us: number;
  #now: Milliseconds = Milliseconds.never;
  #lastKey = Milliseconds.never;
  #isBroken = false;
  #askedForKey = Milliseconds.never;
  #reported = Milliseconds.never;
  #toldArrivals = Milliseconds.never;

  constructor({ picture, sound }: Choice, us: number, onMedia: (media: WhipMedia) => void) {
    this.#us = us;
    this.#onMedia = onMedia;
    this.#picture = new Source(picture);
    this.#sound = sound && new Source(sound);
    this.#transportSequenceId = picture.transportSequenceId ?? sound?.transportSequenceId;
    this.#depacketizer = new H264Depacketizer((found) => {
      if (found.kind === 'lost') this.#onLoss();
      else this.#onPicture(found.timestamp, found.nals);
    });
  }

  rtp(packet: Uint8Array, now: Milliseconds): void {
    const read = readRtp(packet, this.#transportSequenceId);
    if (!read) return;
    if (read.transportSequence !== undefined) this.#arrivals.add(read.transportSequence, now);
    if (!this.#picture.push(read, now)) this.#sound?.push(read, now);
    this.#take(now);
  }

  rtcp(compound: Uint8Array, now: Milliseconds): void {
    for (const report of readSenderReports(compound)) {
      this.#picture.onReport(report, now);
      this.#sound?.onReport(report, now);
    }
    this.#sound?.clock.follow(this.#picture.clock);
  }

  /** Call it each 20 ms or so. @returns what the publisher has to be told, as a compound */
  tick(now: Milliseconds): Uint8Array | undefined {
    this.#take(now);
    const isDue = (last: Milliseconds, every: Milliseconds): boolean => Milliseconds.sub(now, last) >= every;
    const said: Buffer[] = [];
    for (const source of this.#sources) {
      const missing = source.askFor(now);
      if (missing.length > 0) said.push(negativeAcknowledgement(this.#us, source.ssrc!, missing));
    }
    const { ssrc } = this.#picture;
    const needsKey = this.#isBroken || isDue(this.#lastKey, KEYFRAME_EVERY);
    if (ssrc !== undefined && needsKey && isDue(this.#askedForKey, ASK_AGAIN_AFTER)) {
      this.#askedForKey = now;
      said.push(pictureLossIndication(this.#us, ssrc));
    }
    if (isDue(this.#toldArrivals, ARRIVALS_EVERY)) {
      this.#toldArrivals = now;
      const body = this.#arrivals.report(ssrc ?? this.#sound?.ssrc ?? 0);
      if (body) said.push(arrivalFeedback(this.#us, body));
    }
    const isReportDue =
      isDue(this.#reported, REPORT_EVERY) && this.#sources.some((each) => each.ssrc !== undefined);
    if (said.length === 0 && !isReportDue) return undefined;
    if (isReportDue) this.#reported = now;
    const receptions = isReportDue ? this.#sources.flatMap((source) => source.reception(now) ?? []) : [];
    return Buffer.concat([receiverReport(this.#us, receptions), ...said]);
  }

  get #sources(): Source[] {
    return this.#sound ? [this.#picture, this.#sound] : [this.#picture];
  }

  #take(now: Milliseconds): void {
    const stood = Milliseconds.sub(now, this.#now);
    if (stood > STOOD_STILL) for (const source of this.#sources) source.forgive(stood);
    this.#now = now;
    for (const arrival of this.#picture.take(now)) {
      if (arrival.kind === 'gap') this.#depacketizer.gap();
      else this.#depacketizer.push(arrival.packet);
    }
    for (const arrival of this.#sound?.take(now) ?? []) {
      if (arrival.kind === 'gap' || arrival.packet.payload.byteLength === 0) continue;
      const { timestamp, payload } = arrival.packet;
      this.#onMedia({ kind: 'sound', time: this.#sound!.clock.at(timestamp, now), data: payload });
    }
  }

  #onPicture(timestamp: number, nals: readonly Uint8Array[]): void {
    if (nals.some((nal) => (nal[0]! & 0x1f) === IDR)) {
      this.#lastKey = this.#now;
      this.#isBroken = false;
    }
    this.#onMedia({ kind: 'picture', time: this.#picture.clock.at(timestamp, this.#now), nals });
  }

  #onLoss(): void {
    this.#isBroken = true;
    this.#onMedia({ kind: 'lost picture' });
  }
}
