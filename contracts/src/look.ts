import { z } from 'zod';

/** What is in a source, and what would become of it: the answer to somebody who looks before going live. */

const becomes = z
  .enum(['copied', 'encoded', 'left out'])
  .describe('sent as it is, encoded for this stream, or not sent at all');
const common = {
  codec: z.string().max(40).describe("ffmpeg's name of it, as h264 or aac"),
  language: z.string().max(35).optional().describe('ISO 639, as eng'),
  programme: z.number().int().nonnegative().optional().describe('of an MPEG-TS that has several'),
  becomes,
  why: z.string().max(300).optional().describe('the reason, one sentence'),
};

const foundTrack = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('video'),
    ...common,
    width: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('pixels, as it is shown; absent: nothing of it came'),
    height: z.number().int().positive().optional(),
    frameRate: z.number().positive().optional().describe('pictures a second, as they come'),
    isTurned: z.boolean().describe('players have to turn it'),
    isInterlaced: z.boolean(),
    range: z.enum(['standard', 'pq', 'hlg']).describe('of its brightness: pq and hlg are HDR'),
  }),
  z.object({
    kind: z.literal('audio'),
    ...common,
    sampleRate: z.number().int().positive().optional().describe('Hz'),
    channels: z.string().max(40).optional().describe('as mono, stereo or 5.1'),
  }),
  z.object({ kind: z.enum(['data', 'subtitle']), ...common }),
]);
export type FoundTrack = z.infer<typeof foundTrack>;

const still = z.object({
  /** Base64. Small, because it goes through a table of the log. */
  jpeg: z.string().max(200_000).describe('a picture of it: JPEG, in base64'),
});

export const sourceLook = z.object({
  container: z.string().max(100).describe("ffmpeg's name of it, as mpegts or hls"),
  duration: z.number().nonnegative().optional().describe('seconds; absent: it is live'),
  tracks: z.array(foundTrack).max(64),
  renditions: z
    .array(
      z.object({
        width: z.number().int().positive(),
        height: z.number().int().positive(),
        bitrate: z
          .number()
          .int()
          .positive()
          .optional()
          .describe('the most bits a second; absent: those of the source'),
      }),
    )
    .max(16)
    .describe('what viewers would be offered, the best first; empty for sound alone'),
  notes: z.array(z.string().max(400)).max(16).describe('what a streamer should know, one sentence each'),
  still: still.optional().describe('absent: there is no picture, or none came in time'),
});
export type SourceLook = z.infer<typeof sourceLook>;
