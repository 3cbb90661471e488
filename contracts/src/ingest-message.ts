import { parseJson } from './json.js';
import { type Bytes, bytes, type Ticks90k, ticks90k } from './units.js';

/**
 * The WebSocket of an encoder that publishes, such as the camera page of a browser. It first shows its stream key in a
 * text message, which no server's access log has. Once it is on air, it sends binary messages, big-endian:
 *
 *      0       1       2       3       4       5       6       7
 *  +-------+-------+---------------+-------------------------------+
 *  | kind  | about |       0       |       time, bits 63..32       |  0
 *  +-------+-------+---------------+-------------------------------+
 *  |       time, bits 31..0        |       data                    |  8
 *  +-------------------------------+                               |
 *  |                              ...                              |
 *
 * | kind | about | time | data |
 * | 1 video config | codec: 1 H.264, 2 HEVC | 0 | decoder record (ISO 14496-15) |
 * | 2 picture | bit 0: keyframe | presentation | NAL units with lengths; decoded when it is presented |
 * | 3 audio config | codec: 1 Opus, 2 AAC | 0 | Opus: identification header (RFC 7845 5.1); AAC: AudioSpecificConfig |
 * | 4 sound | 0 | presentation | one frame |
 */
export const INGEST_SUBPROTOCOL = 'topicast.ingest.v1';

export type IngestMedia =
  | { readonly kind: 'video config'; readonly codec: 'h264' | 'hevc'; readonly data: Uint8Array }
  | {
      readonly kind: 'picture';
      readonly isKey: boolean;
      /** Zero or more. Both tracks are on one time line. */
      readonly time: Ticks90k;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'audio config'; readonly codec: 'opus' | 'aac'; readonly data: Uint8Array }
  | { readonly kind: 'sound'; readonly time: Ticks90k; readonly data: Uint8Array };

export const INGEST_HEADER_BYTES = 12;
const KIND = { 'video config': 1, picture: 2, 'audio config': 3, sound: 4 } as const;
const VIDEO_CODECS = ['h264', 'hevc'] as const;
const AUDIO_CODECS = ['opus', 'aac'] as const;
const KEYFRAME = 1;
const TWO_32 = 0x1_0000_0000;

export function encodeIngestMedia(media: IngestMedia): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(INGEST_HEADER_BYTES + media.data.byteLength);
  const view = new DataView(out.buffer);
  const time = 'time' in media ? Math.max(0, Math.round(media.time)) : 0;
  view.setUint8(0, KIND[media.kind]);
  view.setUint8(1, aboutOf(media));
  view.setUint32(4, Math.floor(time / TWO_32));
  view.setUint32(8, time % TWO_32);
  out.set(media.data, INGEST_HEADER_BYTES);
  return out;
}

/** `unknown`: of a later version, to be ignored; undefined: damaged. `data` is a view of the message's bytes. */
export function decodeIngestMedia(message: Uint8Array): IngestMedia | 'unknown' | undefined {
  if (message.byteLength < INGEST_HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const about = view.getUint8(1);
  const time = ticks90k(view.getUint32(4) * TWO_32 + view.getUint32(8));
  const data = message.subarray(INGEST_HEADER_BYTES);
  if (!Number.isSafeInteger(time)) return undefined;
  switch (view.getUint8(0)) {
    case KIND['video config']: {
      const codec = VIDEO_CODECS[about - 1];
      return codec && { kind: 'video config', codec, data };
    }
    case KIND.picture:
      return { kind: 'picture', isKey: (about & KEYFRAME) !== 0, time, data };
    case KIND['audio config']: {
      const codec = AUDIO_CODECS[about - 1];
      return codec && { kind: 'audio config', codec, data };
    }
    case KIND.sound:
      return { kind: 'sound', time, data };
    default:
      return 'unknown';
  }
}

function aboutOf(media: IngestMedia): number {
  switch (media.kind) {
    case 'video config':
      return VIDEO_CODECS.indexOf(media.codec) + 1;
    case 'audio config':
      return AUDIO_CODECS.indexOf(media.codec) + 1;
    case 'picture':
      return media.isKey ? KEYFRAME : 0;
    case 'sound':
      return 0;
  }
}

/** More than any stream key takes. */
export const MAX_INGEST_TEXT_BYTES = 1024;

/** The first message of an encoder, which sends nothing else before the answer. */
export const publishMessage = (key: string): string => JSON.stringify({ type: 'publish', key });

/** The stream key in it, unchecked; undefined if the text is something else. */
export function parsePublish(text: string): string | undefined {
  const value = parseJson(text);
  return isObject(value) && value.type === 'publish' && typeof value.key === 'string' ? value.key : undefined;
}

/** JSON messages to the encoder, which ignores types that it does not know. */
export type IngestNews =
  /** It may send now. */
  | { readonly type: 'on air' }
  /** So many bytes of its binary messages have come since it is on air, headers included. */
  | { readonly type: 'ack'; readonly bytes: Bytes }
  /** Before the close, whose code says what to do: why, in words for its owner. */
  | { readonly type: 'end'; readonly words: string };

export function parseIngestNews(text: string): IngestNews | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { type, words } = value;
  if (type === 'on air') return { type };
  if (type === 'ack' && Number.isSafeInteger(value.bytes)) return { type, bytes: bytes(Number(value.bytes)) };
  return type === 'end' && typeof words === 'string' ? { type, words } : undefined;
}

/** Why the connection of an encoder is closed. */
export const IngestClose = {
  /** The server is ending: come again. */
  goingAway: 1001,
  /** No message of this protocol, or one at the wrong time: a bug. */
  badMessage: 4400,
  /** No such stream, or another key. */
  unauthorized: 4401,
  /** The stream is stopped, or the operator does not allow it. */
  stopped: 4403,
  /** Nothing has come for too long: come again. */
  silent: 4408,
  /** Another encoder is sending. */
  busy: 4409,
  /** It had to go: the stream was stopped or deleted, its key renewed, or another encoder has taken over. */
  dismissed: 4410,
  /** What it sent cannot go on air, or was too much. */
  cut: 4413,
  /** We cannot take it now: come again. */
  unavailable: 4503,
} as const;
export type IngestClose = (typeof IngestClose)[keyof typeof IngestClose];

const FINAL: readonly number[] = [
  IngestClose.badMessage,
  IngestClose.unauthorized,
  IngestClose.stopped,
  IngestClose.dismissed,
  IngestClose.cut,
];

/** Whether an encoder that was closed with this code may come again by itself. Codes that are unknown say so. */
export const mayComeAgain = (code: number): boolean => !FINAL.includes(code);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
