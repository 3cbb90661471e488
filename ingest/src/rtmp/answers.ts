import { chunksOf, controlMessage, TYPE, type Value, type Written, writeValues } from '@topicast/rtmp';
import type { Refusal } from '../doorkeeper.js';

/** What we say to a publisher: whole messages, ready to be sent. */
const ACKNOWLEDGE_EVERY_BYTES = 2_500_000;
const PEER_LIMIT_DYNAMIC = 2;
const PING_RESPONSE = 7;
/** In `videoFourCcInfoMap` and its like (Enhanced RTMP v2): the server passes it on. */
const CAN_FORWARD = 4;

const command = (streamId: number, ...values: readonly Written[]): Uint8Array =>
  chunksOf({ type: TYPE.command, streamId, body: writeValues(...values) });

const numberOf = (transaction: Value): number => (typeof transaction === 'number' ? transaction : 0);

/** It is connected, and knows what passes. */
export function connected(transaction: Value): Uint8Array[] {
  return [
    controlMessage(TYPE.windowSize, ACKNOWLEDGE_EVERY_BYTES),
    chunksOf({
      type: TYPE.peerBandwidth,
      streamId: 0,
      body: Uint8Array.from([...wordBytes(ACKNOWLEDGE_EVERY_BYTES), PEER_LIMIT_DYNAMIC]),
    }),
    command(
      0,
      '_result',
      numberOf(transaction),
      { fmsVer: 'FMS/3,0,1,123', capabilities: 31 },
      {
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'connected',
        objectEncoding: 0,
        videoFourCcInfoMap: { avc1: CAN_FORWARD, hvc1: CAN_FORWARD },
        audioFourCcInfoMap: { mp4a: CAN_FORWARD, Opus: CAN_FORWARD },
      },
    ),
  ];
}

export const streamCreated = (transaction: Value, streamId: number): Uint8Array =>
  command(0, '_result', numberOf(transaction), null, streamId);

export const acknowledged = (bytes: number): Uint8Array => controlMessage(TYPE.acknowledgement, bytes >>> 0);

export const pong = (time: Uint8Array): Uint8Array =>
  chunksOf({
    type: TYPE.userControl,
    streamId: 0,
    body: Uint8Array.from([0, PING_RESPONSE, ...time.subarray(0, 4)]),
  });

export const published = (streamId: number): Uint8Array =>
  status(streamId, 'status', 'NetStream.Publish.Start', 'on air');

export const dismissed = (streamId: number, why: string): Uint8Array =>
  status(streamId, 'error', 'NetStream.Publish.Denied', why);

const REFUSALS: Record<Refusal, { readonly code: string; readonly description: string }> = {
  unauthorized: {
    code: 'NetStream.Publish.Unauthorized',
    description: 'This stream key is not valid: copy it again from the studio, or renew it there.',
  },
  busy: { code: 'NetStream.Publish.BadName', description: 'Another encoder is sending to this stream.' },
  stopped: {
    code: 'NetStream.Publish.Denied',
    description: 'The stream is stopped: start it in the studio.',
  },
  forbidden: {
    code: 'NetStream.Publish.Denied',
    description: 'The operator of this server does not allow this stream at present: ask them.',
  },
  unavailable: {
    code: 'NetStream.Publish.Failed',
    description: 'The server cannot take the stream at the moment: try again.',
  },
};

export function refused(streamId: number, refusal: Refusal): Uint8Array {
  const { code, description } = REFUSALS[refusal];
  return status(streamId, 'error', code, description);
}

export const playRefused = (streamId: number): Uint8Array =>
  status(streamId, 'error', 'NetStream.Play.Failed', 'Streams are watched over WebSockets, not by RTMP.');

const status = (streamId: number, level: string, code: string, description: string): Uint8Array =>
  command(streamId, 'onStatus', 0, null, { level, code, description });

const wordBytes = (word: number): number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff);
