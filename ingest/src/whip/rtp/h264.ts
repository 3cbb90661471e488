import type { RtpPacket } from './packet.js';

/** More than a keyframe of 4K has. */
const MAX_PICTURE_BYTES = 8 << 20;
/** No level allows as many NAL units in a picture (H.264 table A-1); and none is in more pieces. */
const MAX_NALS = 8_192;
/** NAL unit types (H.264 table 7-1), and those of RTP (RFC 6184 5.2). */
const TYPE = { sps: 7, delimiter: 9, aggregate: 24, fragment: 28 } as const;
const FRAGMENT_HEADER_BYTES = 2;
const START = 0x80;
const END = 0x40;

export type Depacketized =
  | { readonly kind: 'picture'; readonly timestamp: number; readonly nals: readonly Uint8Array[] }
  /** Something of it is missing, and what follows builds on it. */
  | { readonly kind: 'lost' };

interface Picture {
  readonly timestamp: number;
  readonly nals: Uint8Array[];
  bytes: number;
  isWhole: boolean;
}

/** Puts the pictures of H.264 together from packets that are in order (RFC 6184, packetization modes 0 and 1). */
export class H264Depacketizer {
  readonly #onPicture: (found: Depacketized) => void;
  #picture: Picture | undefined;
  /** The pieces of a NAL unit that is in several packets. */
  #fragments: Uint8Array[] = [];
  /** Packets before the next one are missing, maybe the first ones of its picture. */
  #isAfterGap = false;

  constructor(onPicture: (found: Depacketized) => void) {
    this.#onPicture = onPicture;
  }

  push({ payload, timestamp, isMarked }: RtpPacket): void {
    // Senders fill the network with empty packets to see how much it carries.
    if (payload.byteLength === 0) return;
    if (this.#picture && this.#picture.timestamp !== timestamp) this.#finish();
    this.#picture ??= { timestamp, nals: [], bytes: 0, isWhole: !this.#isAfterGap || beginsPicture(payload) };
    this.#isAfterGap = false;
    this.#picture.bytes += payload.byteLength;
    if (this.#picture.bytes > MAX_PICTURE_BYTES || !this.#read(payload, this.#picture.nals)) this.#lose();
    if (isMarked) this.#finish();
  }

  /** Packets are missing. */
  gap(): void {
    this.#fragments = [];
    this.#isAfterGap = true;
    // Maybe of a picture of which nothing has come.
    this.#lose();
  }

  /** Tell so at once, and once for each picture. */
  #lose(): void {
    const isTold = this.#picture?.isWhole === false;
    if (this.#picture) this.#picture.isWhole = false;
    if (!isTold) this.#onPicture({ kind: 'lost' });
  }

  #finish(): void {
    if (this.#fragments.length > 0) this.#lose();
    const { timestamp, nals, isWhole } = this.#picture!;
    this.#picture = undefined;
    this.#fragments = [];
    if (isWhole && nals.length > 0) this.#onPicture({ kind: 'picture', timestamp, nals });
  }

  /** @returns false if it is damaged, or of a kind that nobody was told to send */
  #read(payload: Uint8Array, nals: Uint8Array[]): boolean {
    const type = payload[0]! & 0x1f;
    if (nals.length > MAX_NALS) return false;
    if (type === TYPE.fragment) return this.#readFragment(payload, nals);
    if (this.#fragments.length > 0) return false;
    if (type === TYPE.aggregate) return readAggregate(payload, nals);
    if (type === 0 || type > TYPE.aggregate) return false;
    nals.push(payload);
    return true;
  }

  /** FU-A (5.8): indicator 8 | start, end, 0, type 5 | data */
  #readFragment(payload: Uint8Array, nals: Uint8Array[]): boolean {
    const header = payload[1];
    if (header === undefined) return false;
    const isStart = (header & START) !== 0;
    if (isStart !== (this.#fragments.length === 0) || this.#fragments.length > MAX_NALS) return false;
    if (isStart) this.#fragments = [Uint8Array.of((payload[0]! & 0xe0) | (header & 0x1f))];
    this.#fragments.push(payload.subarray(FRAGMENT_HEADER_BYTES));
    if ((header & END) === 0) return true;
    nals.push(Buffer.concat(this.#fragments));
    this.#fragments = [];
    return true;
  }
}

/** STAP-A (5.7.1): header 8 | size 16, NAL unit | ... */
function readAggregate(payload: Uint8Array, nals: Uint8Array[]): boolean {
  for (let at = 1; at < payload.byteLength; ) {
    if (at + 2 > payload.byteLength) return false;
    const size = payload[at]! * 256 + payload[at + 1]!;
    const end = at + 2 + size;
    if (size === 0 || end > payload.byteLength || nals.length > MAX_NALS) return false;
    nals.push(payload.subarray(at + 2, end));
    at = end;
  }
  return true;
}

/** A delimiter or parameters are before all else of a picture, so this packet is its first. */
function beginsPicture(payload: Uint8Array): boolean {
  const first = payload[0]! & 0x1f;
  const type = first === TYPE.aggregate ? (payload[3] ?? 0) & 0x1f : first;
  return type === TYPE.sps || type === TYPE.delimiter;
}
