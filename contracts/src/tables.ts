import { z } from 'zod';
import { catalog } from './catalog.js';
import { ladder, source, streamIdText } from './http.js';
import { STREAM_STATES } from './server-message.js';

/** Compacted topics: the latest value of each key, JSON. All state of the system is in them. */
export const STREAMS_TABLE = 'topicast.streams';
export const STATUS_TABLE = 'topicast.status';

/** The streams of a producer that has been silent this long are not live. It sends a heartbeat every third of it. */
export const PRODUCER_SILENCE_MS = 6_000;

/** A row of `topicast.streams`, key: the stream id. The desired state. */
export const streamRow = z.object({
  id: streamIdText,
  title: z.string(),
  source,
  /** Absent: one rendition, as the producer's settings have it. */
  ladder: ladder.optional(),
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  /** Raised at each start by hand, so that a start after a failure is a change even where `enabled` was true. */
  startCount: z.number().int().default(0),
  /** `api`, or `command:<producer id>`: declared on that producer's command line, and gone when it no longer is. */
  declaredBy: z.string(),
});
export type StreamRow = z.infer<typeof streamRow>;

/** A row of `topicast.status` under `stream/<id>`: what is. Written by the producer that runs the encoder. */
export const streamStatus = z.object({
  producer: z.string(),
  state: z.enum(STREAM_STATES),
  session: z.number().int().optional(),
  startedAt: z.iso.datetime().optional(),
  problem: z.string().optional(),
  encoderLog: z.array(z.string()).default([]),
  restarts: z.number().int().default(0),
  /** Loss on the way to the log, chunks since the session began. */
  droppedChunks: z.number().int().default(0),
  /** What the session offers, once that is known. */
  catalog: catalog.optional(),
});
export type StreamStatus = z.infer<typeof streamStatus>;

/** A row of `topicast.status` under `producer/<id>`: the heartbeat; a tombstone when it leaves in order. */
export const producerHeartbeat = z.object({
  at: z.iso.datetime(),
  /** It gives its streams away and ends. */
  leaving: z.boolean().default(false),
});
export type ProducerHeartbeat = z.infer<typeof producerHeartbeat>;

export const streamStatusKey = (id: string): string => `stream/${id}`;
export const producerKey = (id: string): string => `producer/${id}`;

/** A row of `topicast.streams` under `deleting/<id>`: the stream is to go with its topic. It is the last to be deleted. */
export const DELETION_PREFIX = 'deleting/';
export const deletionKey = (id: string): string => DELETION_PREFIX + id;
