import { z } from 'zod';
import { analysis } from './analysis.js';
import { type AudioTrack, catalog, type VideoTrack } from './catalog.js';
import { ENCODING_LIMITS, ENCODING_PRESETS, encodingProblem, VIDEO_ENCODERS } from './encoding.js';
import { ladderProblem, MAX_RUNGS, RUNG_BITRATE, RUNG_HEIGHT } from './ladder.js';
import { STREAM_STATES } from './server-message.js';
import { STREAM_ID_PATTERN } from './stream-id.js';
import { titleText } from './title.js';

/** Bodies of the gateway's HTTP API. The gateway checks and documents with them; the web app takes the types. */
export const streamIdText = z
  .string()
  .regex(STREAM_ID_PATTERN, 'use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit');

/** What a bitstream says about its video and its audio. */
export type VideoFormat = Omit<VideoTrack, 'kind' | 'pid'>;
export type AudioFormat = Omit<AudioTrack, 'kind' | 'pid' | 'language'>;

const copy = z.boolean().optional().describe('send the video as it is, without encoding it again');
const language = z
  .string()
  .regex(/^[a-z]{2,3}$/, 'use a code of two or three letters, as en or eng')
  .optional()
  .describe('which sound to send if there is some in several languages, ISO 639');

const programme = z
  .number()
  .int()
  .min(0)
  .max(0xffff)
  .optional()
  .describe('which programme to send of an MPEG-TS that has several');
/** What a user may want of a source that has more than one thing in it. */
const wishes = { copy, language, programme };

const requestedFile = z
  .object({ kind: z.literal('file'), path: z.string().min(1).max(4096), ...wishes })
  .strict();
const requestedUrl = z
  .object({ kind: z.literal('url'), url: z.string().min(1).max(4096), ...wishes })
  .strict();

/** What a user may ask for. */
const requestedSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('test') }).strict(),
  requestedFile,
  requestedUrl,
  z.object({ kind: z.literal('topic') }).strict(),
  /** An encoder comes to us and publishes, such as OBS. */
  z.object({ kind: z.literal('ingest') }).strict(),
]);

/** What a stream's row may hold. This includes a capture device, which only the command line can name. */
export const source = z.discriminatedUnion('kind', [
  ...requestedSource.options,
  z.object({ kind: z.literal('device'), path: z.string().min(1).max(4096) }).strict(),
]);
export type Source = z.infer<typeof source>;

/** The renditions to encode, the best first. */
export const ladder = z
  .array(
    z
      .object({
        height: z.number().int().min(RUNG_HEIGHT.least).max(RUNG_HEIGHT.most).describe('lines, at most'),
        bitrate: z
          .number()
          .int()
          .min(RUNG_BITRATE.least)
          .max(RUNG_BITRATE.most)
          .optional()
          .describe('the most bits a second of video; if absent, a value that suits the height'),
      })
      .strict(),
  )
  .min(1)
  .max(MAX_RUNGS);
export type Ladder = z.infer<typeof ladder>;

const numberIn = ({ least, most }: { readonly least: number; readonly most: number }) =>
  z.number().min(least).max(most);

/** See `Encoding`: how we encode the stream, as far as its streamer wants something of it. */
export const encoding = z
  .object({
    preset: z
      .enum(ENCODING_PRESETS)
      .optional()
      .describe('what counts: the least delay (low-latency, if absent), or more of the picture for its bits'),
    height: numberIn(ENCODING_LIMITS.height).int().optional().describe('lines, at most'),
    frameRate: numberIn(ENCODING_LIMITS.frameRate)
      .int()
      .optional()
      .describe(
        'pictures a second: of a recording exactly, of what is live at most; if absent, as they come',
      ),
    kbit: numberIn(ENCODING_LIMITS.kbit).optional().describe('kilobits a second of video, at most'),
    keyframeSeconds: numberIn(ENCODING_LIMITS.keyframeSeconds)
      .optional()
      .describe('from one keyframe to the next; 1 if absent'),
    sound: z.enum(['on', 'off']).optional().describe('off: only the picture is sent'),
    gainDb: numberIn(ENCODING_LIMITS.gainDb)
      .optional()
      .describe('how much louder the sound is made, in decibels; below 0: quieter'),
    encoder: z
      .enum(VIDEO_ENCODERS)
      .optional()
      .describe('x264 if absent; `GET /api/encoding` tells which others work here'),
  })
  .strict();

interface Encoded {
  readonly source: Source;
  readonly ladder?: Ladder | undefined;
  readonly encoding?: z.infer<typeof encoding> | undefined;
}

function fitsTogether(stream: Encoded, context: z.RefinementCtx): void {
  const problem = ladderProblem(stream.source, stream.ladder);
  if (problem) context.addIssue({ code: 'custom', path: ['ladder'], message: problem });
  const other = encodingProblem(stream);
  if (other) {
    const path = ['encoding', ...(other.field ? [other.field] : [])];
    context.addIssue({ code: 'custom', path, message: other.message });
  }
}

export const createStreamRequest = z
  .object({
    id: streamIdText,
    title: titleText.optional(),
    source: requestedSource,
    ladder: ladder
      .optional()
      .describe(
        'renditions from the best to the smallest; if absent, there is one. For the source "ingest", those that are made beside what comes, which is passed on as the best one',
      ),
    encoding: encoding.optional().describe('how it is encoded; the settings of the producer are the limits'),
  })
  .strict()
  .superRefine(fitsTogether);
export type CreateStreamRequest = z.infer<typeof createStreamRequest>;

/** What somebody can look into before it goes on air. */
export const lookableSource = z.discriminatedUnion('kind', [requestedFile, requestedUrl]);

export const lookAtSourceRequest = z
  .object({
    source: lookableSource,
    ladder: ladder.optional().describe('the renditions that the stream would have'),
    encoding: encoding.optional().describe('how the stream would be encoded'),
  })
  .strict()
  .superRefine(fitsTogether);

export type LookAtSourceRequest = z.infer<typeof lookAtSourceRequest>;

export const editStreamRequest = z
  .object({
    version: z
      .number()
      .int()
      .nonnegative()
      .describe('of the stream that you have seen; if somebody has changed it since, the answer is 409'),
    title: titleText.optional(),
    source: requestedSource.optional(),
    ladder: ladder.nullable().optional().describe('null: one rendition'),
    encoding: encoding.nullable().optional().describe('all of it; null: as the settings of the producer say'),
  })
  .strict();
export type EditStreamRequest = z.infer<typeof editStreamRequest>;

export const streamInfo = z.object({
  id: streamIdText,
  title: z.string(),
  state: z.enum(STREAM_STATES),
  session: z.number().int().optional(),
  catalog: catalog.optional().describe('what is on air: renditions with their tracks'),
  viewers: z.number().int().describe('of this gateway'),
  startedAt: z.iso.datetime().optional().describe('when the stream went on air, UTC'),
  awaySince: z.iso
    .datetime()
    .optional()
    .describe('since when its encoder has been away, and viewers see its last picture, dimmed, UTC'),
  /** The rest is only for the operator. */
  enabled: z.boolean().optional().describe('whether the encoder should run'),
  source: source.optional(),
  ladder: ladder.optional().describe('the requested renditions'),
  encoding: encoding.optional().describe('how it is to be encoded'),
  problem: z.string().optional().describe('why it failed, or what is wrong at present, and what to do'),
  notes: z.array(z.string()).optional().describe('what was found in the source, and what was done with it'),
  version: z
    .number()
    .int()
    .optional()
    .describe('the number of its changes; absent for a topic that nobody has made a stream of'),
  boundTo: z
    .string()
    .optional()
    .describe(
      'the producer whose command line names the source and the ladder, which nobody else can change',
    ),
  analysis: analysis.optional().describe('how it looks and sounds; absent: nobody looks at it, or not yet'),
  encoderLog: z.array(z.string()).optional().describe("the encoder's last lines"),
  restarts: z.number().int().optional().describe('restarts of the encoder since it was last started by hand'),
});
export type StreamInfo = z.infer<typeof streamInfo>;

/** Which stream key is to be made anew. */
export const ingestKeyRequest = z.object({
  for: z
    .enum(['primary', 'backup'])
    .default('primary')
    .describe('"backup": for a second encoder, which is on air while the first one is away or frozen'),
});

/** What is typed into an encoder that comes to us, such as OBS. */
export const ingestAccess = z.object({
  rtmp: z
    .string()
    .optional()
    .describe('the address of the server, as rtmp://host:1935/live; absent: there is none at present'),
  camera: z
    .string()
    .optional()
    .describe(
      'the address for encoders that publish by WebSocket (PROTOCOL.md 5), such as the camera page; absent: there is none at present',
    ),
  whip: z
    .string()
    .optional()
    .describe(
      'the address for encoders that publish by WHIP (WebRTC, RFC 9725), with the stream key as the bearer token; absent: there is none at present',
    ),
  problem: z.string().optional().describe('why there is no address, and what to do'),
  srt: z
    .string()
    .optional()
    .describe(
      'the address for SRT, with its passphrase, which is as secret as the key; absent: there is none',
    ),
  key: z.string().describe('the stream key, which nobody can see again: it is only kept as a hash'),
});
export type IngestAccess = z.infer<typeof ingestAccess>;

/** The same, for somebody who has the key already or will make a new one; the address for SRT without its passphrase. */
export const ingestAddress = ingestAccess.omit({ key: true });
export type IngestAddress = z.infer<typeof ingestAddress>;

export const createdStream = streamInfo.extend({
  ingest: ingestAccess.optional().describe('for a stream with the source "ingest"'),
});
export type CreatedStream = z.infer<typeof createdStream>;

/** What the producers here can encode, as far as all of them can. */
export const encodingOffer = z.object({
  encoders: z
    .array(z.enum(VIDEO_ENCODERS))
    .describe('x264, and the hardware that has passed a trial on every host'),
  maxHeight: z.number().int().optional().describe('lines; absent: no producer has told yet'),
  maxKbit: z.number().optional().describe('kilobits a second of video; absent: no producer has told yet'),
});
export type EncodingOffer = z.infer<typeof encodingOffer>;

export const streamList = z.object({ streams: z.array(streamInfo) });

/** RFC 9457; `application/problem+json`. */
export const problem = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
