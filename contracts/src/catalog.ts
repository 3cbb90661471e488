import { z } from 'zod';
import { MAX_RENDITION } from './position.js';

/** What a session offers. Viewers are told it, the API shows it, and the status row keeps it. */

const pid = z.number().int().min(0).max(0x1fff).optional().describe('where its packets are in the MPEG-TS');
const codec = z.string().max(64).optional().describe('RFC 6381, as avc1.64001f or mp4a.40.2');
const language = z.string().max(35).optional().describe('ISO 639-2, as eng');

const videoTrack = z.object({
  kind: z.literal('video'),
  pid,
  codec,
  width: z.number().int().positive().optional().describe('pixels shown'),
  height: z.number().int().positive().optional(),
  frameRate: z.number().positive().optional().describe('frames a second'),
});
export type VideoTrack = z.infer<typeof videoTrack>;

const audioTrack = z.object({
  kind: z.literal('audio'),
  pid,
  codec,
  sampleRate: z.number().int().positive().optional().describe('Hz'),
  channels: z.number().int().positive().optional(),
  language,
});
export type AudioTrack = z.infer<typeof audioTrack>;

const dataTrack = z.object({
  kind: z.literal('data'),
  pid,
  format: z.enum(['id3', 'klv', 'scte35', 'other']),
  language,
});
export type DataTrack = z.infer<typeof dataTrack>;

const track = z.discriminatedUnion('kind', [videoTrack, audioTrack, dataTrack]);
export type Track = z.infer<typeof track>;

const rendition = z.object({
  rendition: z.number().int().min(0).max(MAX_RENDITION).describe('the partition; 0 is the best'),
  bitrate: z.number().int().nonnegative().optional().describe('bits a second, as measured'),
  tracks: z.array(track).max(32),
});
export type Rendition = z.infer<typeof rendition>;

export const catalog = z.object({
  session: z.number().int().nonnegative(),
  renditions: z
    .array(rendition)
    .min(1)
    .max(MAX_RENDITION + 1),
});
export type Catalog = z.infer<typeof catalog>;
