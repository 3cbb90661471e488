import type { VideoFormat } from '@topicast/contracts/http';
import type { Ticks90k } from '@topicast/contracts/units';
import type { Picture, VideoCodec } from '../codec/codec.js';
import { hasPayload, hasStuffing, PACKET_BYTES, startsUnit } from './packet.js';
import { PesBuffer, parsePesHeader } from './pes.js';
import { FrameRate, type Timeline } from './timeline.js';

/** The size of its packets, with or without payload; more than this is not a picture, and is given up. */
const MAX_ACCESS_UNIT_BYTES = 16 << 20;
/** A step of the decode time beyond this is a break of the clock, not a slow camera. */
const MAX_STEP_TICKS = 10 * 90_000;

/** One whole access unit in its packets. */
export interface AccessUnit {
  /** A view, valid until the next packet is pushed. */
  readonly packets: Uint8Array;
  readonly keyframe: boolean;
  readonly discontinuity: boolean;
  readonly decodeTime: Ticks90k;
  readonly presentationOffset: Ticks90k;
  /** Position in the stream of its first packet. */
  readonly start: number;
}

/**
 * Collects the packets of an access unit and tells at once when it is complete, by the first that applies: the PES
 * packet's length is reached; its last packet holds stuffing; the next one begins. After loss it waits for a keyframe.
 */
export class VideoTrack {
  readonly #timeline: Timeline;
  readonly #onAccessUnit: (unit: AccessUnit) => void;
  droppedAccessUnits = 0;
  #codec: VideoCodec | undefined;
  #picture: Picture | undefined;
  readonly #frameRate = new FrameRate();
  #buffer = new PesBuffer();
  #open: { start: number; length: number | undefined; damaged: boolean } | undefined;
  /** Nothing leaves before the next keyframe. */
  #waitsForKeyframe = true;
  /** Cleared by a stream that puts stuffing into the middle of its PES packets, as the standard allows. */
  #stuffingEnds = true;
  #endedByStuffing = false;
  #lastDecodeTime: Ticks90k | undefined;

  constructor(timeline: Timeline, onAccessUnit: (unit: AccessUnit) => void) {
    this.#timeline = timeline;
    this.#onAccessUnit = onAccessUnit;
  }

  get format(): VideoFormat | undefined {
    if (!this.#picture) return undefined;
    const { codec, width, height } = this.#picture;
    return { codec, width, height, frameRate: this.#frameRate.value };
  }

  /** What the next packets carry; another PID or codec starts over. */
  use(codec: VideoCodec | undefined): void {
    this.lose();
    if (codec !== this.#codec) this.#picture = undefined;
    this.#codec = codec;
  }

  push(packet: Uint8Array, position: number): void {
    if (startsUnit(packet)) {
      this.finish();
      this.#buffer.clear();
      this.#open = { start: position, length: undefined, damaged: false };
    } else if (!this.#open && hasPayload(packet)) {
      this.#stray();
    }
    if (!this.#open) return;
    if (this.#buffer.packets.byteLength + PACKET_BYTES > MAX_ACCESS_UNIT_BYTES) {
      this.#giveUp();
      return;
    }
    this.#buffer.add(packet);
    const size = this.#buffer.pes.byteLength;
    this.#open.length ??= parsePesHeader(this.#buffer.pes.subarray(0, 512))?.length;
    if (this.#open.length !== undefined) {
      if (size >= this.#open.length) this.finish();
    } else if (
      this.#stuffingEnds &&
      hasStuffing(packet) &&
      parsePesHeader(this.#buffer.pes.subarray(0, 512))
    ) {
      this.finish();
      this.#endedByStuffing = true;
    }
  }

  /** A packet is missing: the open access unit is damaged, and the following units refer to it. */
  lose(): void {
    if (this.#open) this.#open.damaged = true;
    this.#waitsForKeyframe = true;
  }

  /** The open access unit ends here; it is dropped if it lacks bytes that its PES packet declared. */
  finish(): void {
    const open = this.#open;
    this.#open = undefined;
    this.#endedByStuffing = false;
    if (!open) return;
    const pes = this.#buffer.pes;
    const header = parsePesHeader(pes);
    const whole = header && !open.damaged && pes.byteLength >= (header.length ?? 0);
    if (!whole || header.dts === undefined || header.pts === undefined) {
      this.droppedAccessUnits++;
      this.#waitsForKeyframe = true;
      return;
    }
    this.#complete(open.start, pes.subarray(header.payloadAt, header.length), header.dts, header.pts);
  }

  /** Forget the open access unit and free its memory; everything up to the next one is part of it. */
  #giveUp(): void {
    this.#open = undefined;
    this.#buffer = new PesBuffer();
    this.droppedAccessUnits++;
    this.#waitsForKeyframe = true;
  }

  #complete(start: number, bytes: Uint8Array, dts: number, pts: number): void {
    const { keyframe = false, picture } = this.#codec?.inspect(bytes) ?? {};
    this.#picture = picture ?? this.#picture;
    const decodeTime = this.#timeline.unwrap(dts);
    const step = decodeTime - (this.#lastDecodeTime ?? decodeTime - 1);
    if (step <= 0 || step > MAX_STEP_TICKS) this.#waitsForKeyframe = true;
    if (this.#waitsForKeyframe && !keyframe) {
      this.droppedAccessUnits++;
      return;
    }
    const discontinuity = this.#waitsForKeyframe;
    this.#waitsForKeyframe = false;
    this.#lastDecodeTime = decodeTime;
    this.#frameRate.add(decodeTime);
    const presentationOffset = (((pts - dts + 2 ** 32) & 0xffff_ffff) | 0) as Ticks90k;
    this.#onAccessUnit({
      packets: this.#buffer.packets,
      keyframe,
      discontinuity,
      decodeTime,
      presentationOffset,
      start,
    });
  }

  /** A packet that continues nothing: the stuffing did not mark the end of its PES packet after all. */
  #stray(): void {
    if (!this.#endedByStuffing) return;
    this.#endedByStuffing = false;
    this.#stuffingEnds = false;
    this.#waitsForKeyframe = true;
  }
}
