import { z } from 'zod';
import { STREAM_STATES } from './server-message.js';
import { STREAM_ID_PATTERN } from './stream-id.js';
import { titleText } from './title.js';

/** Bodies of the gateway's HTTP API. The gateway checks and documents with them; the web app takes the types. */
export const streamIdText = z
  .string()
  .regex(STREAM_ID_PATTERN, 'use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit');

export const videoFormat = z.object({
  codec: z.string().optional().describe('RFC 6381, as avc1.64001f'),
  width: z.number().int().optional().describe('pixels shown'),
  height: z.number().int().optional(),
  frameRate: z.number().optional().describe('frames a second'),
});
export type VideoFormat = z.infer<typeof videoFormat>;

export const audioFormat = z.object({
  codec: z.string().optional().describe('RFC 6381, as mp4a.40.2'),
  sampleRate: z.number().int().optional().describe('Hz'),
  channels: z.number().int().optional(),
});
export type AudioFormat = z.infer<typeof audioFormat>;

const copy = z.boolean().optional().describe('send the video as it is, without encoding it again');

/** What a user may ask for. */
export const requestedSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('test') }).strict(),
  z.object({ kind: z.literal('file'), path: z.string().min(1).max(4096), copy }).strict(),
  z.object({ kind: z.literal('url'), url: z.string().min(1).max(4096), copy }).strict(),
  z.object({ kind: z.literal('topic') }).strict(),
]);

/** What a stream's row may hold: also a capture device, which only the command line can name. */
export const source = z.discriminatedUnion('kind', [
  ...requestedSource.options,
  z.object({ kind: z.literal('device'), path: z.string().min(1).max(4096) }).strict(),
]);
export type Source = z.infer<typeof source>;

export const createStreamRequest = z
  .object({ id: streamIdText, title: titleText.optional(), source: requestedSource })
  .strict();
export type CreateStreamRequest = z.infer<typeof createStreamRequest>;

export const streamInfo = z.object({
  id: streamIdText,
  title: z.string(),
  state: z.enum(STREAM_STATES),
  session: z.number().int().optional(),
  video: videoFormat.optional(),
  audio: audioFormat.optional(),
  bitrate: z.number().int().optional().describe('bits a second'),
  viewers: z.number().int().describe('of this gateway'),
  startedAt: z.iso.datetime().optional().describe('when the session began, UTC'),
  /** The rest only for the operator's token. */
  enabled: z.boolean().optional().describe('whether the encoder shall run'),
  source: source.optional(),
  problem: z.string().optional().describe('why it failed, or a warning, and what to do'),
  encoderLog: z.array(z.string()).optional().describe("the encoder's last lines"),
  restarts: z.number().int().optional().describe('restarts of the encoder since it was last started by hand'),
});
export type StreamInfo = z.infer<typeof streamInfo>;

export const streamList = z.object({ streams: z.array(streamInfo) });
export type StreamList = z.infer<typeof streamList>;

/** RFC 9457; `application/problem+json`. */
export const problem = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
