import type { PassedAudio } from '../transport/programme.js';
import { afterModifiers, fourCc, printable } from './video-tag.js';

/**
 * The body of an audio tag (Adobe FLV 10.1, E.4.2.1), which is also that of an RTMP audio message:
 *
 *   format 4, rate 2, size 1, channels 1 | AAC packet type 8 | data
 *
 * and since Enhanced RTMP (veovera.org, v2):
 *
 *   9, packet type 4 | FourCC 32 | data
 */
export type AudioTag =
  /** AAC: AudioSpecificConfig; Opus: its identification header. */
  | { readonly kind: 'config'; readonly codec: PassedAudio; readonly data: Uint8Array }
  | { readonly kind: 'frame'; readonly codec: PassedAudio; readonly data: Uint8Array }
  /** Of a codec that is not carried, by the name that people know. */
  | { readonly kind: 'foreign'; readonly codec: string }
  /** One of several tracks of sound, which is not the main one. */
  | { readonly kind: 'extra' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'damaged' };

const FORMAT_EXTENDED = 9;
const FORMAT_AAC = 10;

const PACKET_CONFIG = 0;
const PACKET_FRAME = 1;
const PACKET_MULTITRACK = 5;
const PACKET_MODIFIERS = 7;

const FOREIGN_FORMATS: ReadonlyMap<number, string> = new Map([
  [0, 'PCM'],
  [1, 'ADPCM'],
  [2, 'MP3'],
  [3, 'PCM'],
  [4, 'Nellymoser'],
  [5, 'Nellymoser'],
  [6, 'Nellymoser'],
  [7, 'G.711'],
  [8, 'G.711'],
  [11, 'Speex'],
  [14, 'MP3'],
]);
const PASSED_FOURCC: ReadonlyMap<string, PassedAudio> = new Map([
  ['mp4a', 'aac'],
  ['Opus', 'opus'],
]);
const FOREIGN_FOURCC: ReadonlyMap<string, string> = new Map([
  ['ac-3', 'AC-3'],
  ['ec-3', 'E-AC-3'],
  ['fLaC', 'FLAC'],
  ['.mp3', 'MP3'],
]);

export function readAudioTag(body: Uint8Array): AudioTag {
  const first = body[0];
  if (first === undefined) return { kind: 'nothing' };
  const format = first >> 4;
  if (format === FORMAT_EXTENDED) return readExtended(body, first & 0x0f);
  if (format !== FORMAT_AAC) {
    return { kind: 'foreign', codec: FOREIGN_FORMATS.get(format) ?? `format ${format}` };
  }
  if (body.byteLength < 2) return { kind: 'damaged' };
  return tagOf(body[1]!, 'aac', body.subarray(2));
}

function readExtended(body: Uint8Array, first: number): AudioTag {
  const head = afterModifiers(body, first, PACKET_MODIFIERS);
  if (!head) return { kind: 'damaged' };
  if (head.packetType === PACKET_MULTITRACK) return { kind: 'extra' };
  if (body.byteLength < head.at + 4) return { kind: 'damaged' };
  const name = fourCc(body, head.at);
  const codec = PASSED_FOURCC.get(name);
  if (!codec) return { kind: 'foreign', codec: FOREIGN_FOURCC.get(name) ?? printable(name) };
  return tagOf(head.packetType, codec, body.subarray(head.at + 4));
}

function tagOf(packetType: number, codec: PassedAudio, data: Uint8Array): AudioTag {
  if (packetType === PACKET_CONFIG) return { kind: 'config', codec, data };
  return packetType === PACKET_FRAME ? { kind: 'frame', codec, data } : { kind: 'nothing' };
}
