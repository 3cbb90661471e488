import { cleanTitle } from '@topicast/contracts/title';
import type { ChunkSamples } from '@topicast/media/samples';
import { chunksOf, TYPE, type Value, type Written, writeValues } from '@topicast/rtmp';
import type { Capabilities } from './flv-messages.js';

/** What a client says that publishes: whole messages, ready to be sent. */

/** How we call ourselves. Servers look for the beginning, by which they know encoders. */
const FLASH_VERSION = 'FMLE/3.0 (compatible; Topicast)';
/** In `videoFourCcInfoMap` and its like (Enhanced RTMP v2): this side has it encoded. */
const CAN_ENCODE = 2;

/** Codecs by their FourCC, as a number (Enhanced RTMP v2). */
const HVC1 = 0x68766331;
const OPUS = 0x4f707573;

/** The transactions of the calls that are answered. */
export const TRANSACTION = {
  connect: 1,
  releaseStream: 2,
  fcPublish: 3,
  createStream: 4,
  publish: 5,
} as const;

const command = (streamId: number, ...values: readonly Written[]): Uint8Array =>
  chunksOf({ type: TYPE.command, streamId, body: writeValues(...values) }, CHUNK_BYTES);

/** Larger than most messages, so that they need no second header. */
export const CHUNK_BYTES = 60_000;

export const connect = (application: string, server: string): Uint8Array =>
  command(0, 'connect', TRANSACTION.connect, {
    ...{ app: application, type: 'nonprivate', flashVer: FLASH_VERSION, tcUrl: server },
    ...{ fourCcList: ['hvc1', 'Opus'] },
    ...{ videoFourCcInfoMap: { hvc1: CAN_ENCODE }, audioFourCcInfoMap: { Opus: CAN_ENCODE } },
  });

/** The first two are customs of Flash's encoder, which some servers wait for. */
export const createStream = (key: string): Uint8Array =>
  Buffer.concat([
    command(0, 'releaseStream', TRANSACTION.releaseStream, null, key),
    command(0, 'FCPublish', TRANSACTION.fcPublish, null, key),
    command(0, 'createStream', TRANSACTION.createStream, null),
  ]);

export const publish = (streamId: number, key: string): Uint8Array =>
  command(streamId, 'publish', TRANSACTION.publish, null, key, 'live');

export const farewell = (streamId: number, key: string): Uint8Array =>
  Buffer.concat([command(0, 'FCUnpublish', 6, null, key), command(0, 'deleteStream', 7, null, streamId)]);

/** What players learn before the first picture (Adobe FLV 10.1, E.5): servers pass it on, and some wait for it. */
export function metadata({
  video: [picture],
  audio: [sound],
}: Pick<ChunkSamples, 'video' | 'audio'>): Uint8Array {
  const facts = new Map<string, Written>();
  if (picture) {
    facts.set('width', picture.config.width).set('height', picture.config.height);
    facts.set('videocodecid', picture.config.format === 'h264' ? 7 : HVC1);
  }
  if (sound) {
    facts.set('audiosamplerate', sound.config.sampleRate).set('stereo', sound.config.channels > 1);
    facts.set('audiocodecid', sound.config.format === 'aac' ? 10 : OPUS);
  }
  facts.set('encoder', 'Topicast');
  return writeValues('@setDataFrame', 'onMetaData', facts);
}

/** What a server says in the answer to `connect` that it takes (Enhanced RTMP: v1 a list, v2 a map; `*` is all). */
export function capabilitiesIn(answer: readonly Value[]): Capabilities {
  const names = answer.flatMap((value) =>
    isObject(value)
      ? ['fourCcList', 'videoFourCcInfoMap', 'audioFourCcInfoMap'].flatMap((field) =>
          namesIn(value.get(field)),
        )
      : [],
  );
  const takes = (name: string): boolean => names.includes(name) || names.includes('*');
  return { hevc: takes('hvc1'), opus: takes('Opus') };
}

/** What a server says in a status or an error: its code, and its words, cleaned and without the key. */
export function statusIn(
  values: readonly Value[],
  key: string,
): { readonly level: string; readonly code: string; readonly words: string } {
  const info = values.find((value) => isObject(value) && (value.has('code') || value.has('description')));
  const text = (field: string): string => {
    const value = isObject(info) ? info.get(field) : undefined;
    return typeof value === 'string'
      ? cleanTitle(value.slice(0, 1_000).replaceAll(key, '***')).slice(0, 200)
      : '';
  };
  return { level: text('level'), code: text('code'), words: text('description') || text('code') };
}

const isObject = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

function namesIn(value: Value): readonly string[] {
  if (Array.isArray(value)) return value.filter((name) => typeof name === 'string');
  return isObject(value) ? [...value.keys()] : [];
}
