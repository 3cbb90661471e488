import { Milliseconds, milliseconds, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import type { Findings } from '../transport/findings.js';
import { Programme } from '../transport/programme.js';
import type { Choice } from './sdp/choice.js';
import { parameterOf } from './sdp/offer.js';

/** What comes by RTP, in the order in which it was sent. */
export type WhipMedia =
  | { readonly kind: 'picture'; readonly time: Ticks90k; readonly nals: readonly Uint8Array[] }
  /** Something of a picture did not come. */
  | { readonly kind: 'lost picture' }
  | { readonly kind: 'sound'; readonly time: Ticks90k; readonly data: Uint8Array };

/** Of NAL units (H.264 table 7-1). */
const TYPE = { idr: 5, sps: 7, pps: 8 } as const;
const LENGTH_BYTES = 4;
/** More than that, no description can count (ISO 14496-15 5.3.3.1.2). */
const MAX_SETS = 31;
/** For so long, a loss is news. */
const REMEMBERED = milliseconds(30_000);
const NO_TIME: Ticks90k = ticks90k(0);
/** Of two channels at 48 kHz, as all Opus of WebRTC is described (RFC 7587 7, RFC 7845 5.1). */
const OPUS_HEAD = Uint8Array.of(...Buffer.from('OpusHead'), 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0);

/** Makes MPEG-TS of what a publisher sends by WebRTC. */
export class WhipTransport {
  readonly #programme: Programme;
  #record: Buffer | undefined;
  #hasSound = false;
  #lastSound = Number.NEGATIVE_INFINITY;
  #lastLoss = Milliseconds.never;

  constructor(onBytes: (bytes: Uint8Array) => void, { picture, notes }: Choice) {
    this.#programme = new Programme(onBytes);
    for (const each of notes) this.findings.note(each);
    // Some say their parameters once and for all (RFC 6184 8.1).
    const sets = parameterOf(picture.codec.parameters, 'sprop-parameter-sets') ?? '';
    this.#useSets(sets.split(',').map((set) => Buffer.from(set, 'base64')));
  }

  get findings(): Findings {
    return this.#programme.findings;
  }

  push(media: WhipMedia): void {
    switch (media.kind) {
      case 'picture':
        this.#onPicture(media);
        break;
      case 'lost picture':
        this.#lastLoss = Milliseconds.now();
        this.findings.isLosing = true;
        this.#programme.missPicture();
        break;
      case 'sound':
        this.#onSound(media);
        break;
    }
  }

  #onPicture({ time, nals }: Extract<WhipMedia, { kind: 'picture' }>): void {
    if (Milliseconds.sub(Milliseconds.now(), this.#lastLoss) > REMEMBERED) this.findings.isLosing = false;
    this.#useSets(nals);
    // Before its first keyframe, a publisher has sent nothing that anybody could see.
    if (!this.#record) return;
    const data = Buffer.concat(nals.flatMap((nal) => [lengthOf(nal), nal]));
    const isKey = nals.some((nal) => typeOf(nal) === TYPE.idr);
    this.#programme.picture({ codec: 'h264', isKey, decodeTime: time, composition: NO_TIME, data });
  }

  #onSound({ time, data }: Extract<WhipMedia, { kind: 'sound' }>): void {
    if (!this.#hasSound) this.#programme.useAudio('opus', OPUS_HEAD);
    this.#hasSound = true;
    // The clock was put back, so that sound and picture are together: this was heard already.
    if (time <= this.#lastSound && this.#lastSound - time < 90_000) return;
    this.#lastSound = time;
    this.#programme.frame({ time, data });
  }

  /** Publishers send the parameters before a keyframe, in another picture or with other sizes at any time. */
  #useSets(nals: readonly Uint8Array[]): void {
    const [sps, pps] = [TYPE.sps, TYPE.pps].map((type) => nals.filter((nal) => typeOf(nal) === type));
    const [first] = sps ?? [];
    if (!sps || !pps || !first || pps.length === 0 || sps.length > MAX_SETS || pps.length > MAX_SETS) return;
    const record = Buffer.concat([
      Uint8Array.of(1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xfc | (LENGTH_BYTES - 1)),
      Uint8Array.of(0xe0 | sps.length),
      ...sps.flatMap((nal) => [shortLengthOf(nal), nal]),
      Uint8Array.of(pps.length),
      ...pps.flatMap((nal) => [shortLengthOf(nal), nal]),
    ]);
    if (this.#record?.equals(record)) return;
    this.#record = record;
    this.#programme.useVideo('h264', record);
  }
}

const typeOf = (nal: Uint8Array): number => (nal[0] ?? 0) & 0x1f;

function lengthOf({ byteLength }: Uint8Array): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(byteLength);
  return length;
}

const shortLengthOf = ({ byteLength }: Uint8Array): Uint8Array =>
  Uint8Array.of((byteLength >> 8) & 0xff, byteLength & 0xff);
