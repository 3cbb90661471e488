import { z } from 'zod';
import { catalog } from './catalog.js';
import { encoding, ladder, source, streamIdText } from './http.js';
import { STREAM_STATES } from './server-message.js';
import { cleanTitle } from './title.js';

/** Compacted topics: the latest value of each key, JSON. All state of the system is in them. */
export const STREAMS_TABLE = 'topicast.streams';
export const STATUS_TABLE = 'topicast.status';

/**
 * If a producer has been silent for this long, its streams are not live. It sends a heartbeat every third of this time.
 */
export const PRODUCER_SILENCE_MS = 6_000;

/**
 * Who may find and watch a stream: everybody; everybody who has its link; only its owner and the people they let in.
 */
const VISIBILITIES = ['public', 'unlisted', 'private'] as const;

const COMMAND = 'command:';

/** Rows of version 0.1 said `declaredBy`: `api`, or `command:<producer id>`. */
function withoutDeclaredBy(row: unknown): unknown {
  if (typeof row !== 'object' || row === null || !('declaredBy' in row)) return row;
  const { declaredBy, ...rest } = row;
  const isBound = typeof declaredBy === 'string' && declaredBy.startsWith(COMMAND);
  return isBound ? { boundTo: declaredBy.slice(COMMAND.length), ...rest } : rest;
}

/** A row of `topicast.streams`, key: the stream id. The desired state. */
export const streamRow = z.preprocess(
  withoutDeclaredBy,
  z.object({
    id: streamIdText,
    /** Rows are written by other programs too. */
    title: z.string().overwrite(cleanTitle),
    source,
    /** Absent: one rendition, as the producer's settings say. */
    ladder: ladder.optional(),
    /** Absent: as the producer's settings say. */
    encoding: encoding.optional(),
    enabled: z.boolean(),
    createdAt: z.iso.datetime(),
    /**
     * Made at random by whoever creates the stream. Where two create the same id at the same time, the first row in the
     * table counts for everybody, unless the other one was put back more often. Its rows are late once it was deleted.
     */
    incarnation: z.string().max(64).optional(),
    /**
     * The number of changes since the creation. Where two make a change at the same time, both raise it to the same
     * number, and the first row in the table counts for everybody. Absent in rows of programs that do not count, such as
     * version 0.1: these count whenever they come.
     */
    version: z.number().int().nonnegative().optional(),
    /**
     * How often this row was put back over a late one. Who opened the table in between knows only that one, and would
     * take this row for the late one.
     */
    restored: z.number().int().nonnegative().optional(),
    /** Raised at each start by hand, so that a start after a failure is a change even where `enabled` was true. */
    startCount: z.number().int().default(0),
    /**
     * The producer whose command line named the stream. No other producer encodes it, and it is deleted when the
     * command line no longer names it.
     */
    boundTo: z.string().optional(),
    /** For the source `ingest`: what is kept of the stream key's secret (ingest-key.ts). */
    ingestKeyHash: z.string().max(64).optional(),
    /** The same for a second encoder, which is on air while the first one is not; absent: there is none. */
    backupKeyHash: z.string().max(64).optional(),
    /** The account that the stream belongs to; absent: the operator's. */
    owner: z.string().optional(),
    visibility: z.enum(VISIBILITIES).default('public'),
  }),
);
export type StreamRow = z.infer<typeof streamRow>;

/**
 * A row of `topicast.status` under `stream/<id>`: the actual state, written by the producer that runs the encoder or is
 * about to. The session orders the rows of a stream. A row with a lower session is late, and readers ignore it; the
 * same goes for a row with the same session from another producer.
 */
export const streamStatus = z.object({
  producer: z.string(),
  state: z.enum(STREAM_STATES),
  /** The encoder's session; while `starting`, the number with which its producer has claimed the stream. */
  session: z.number().int().optional(),
  startedAt: z.iso.datetime().optional(),
  /** What the session offers, as soon as that is known. */
  catalog: catalog.optional(),
  problem: z.string().optional(),
  /** Since when the encoder has been away, and viewers see a slate instead; absent: it is there, or nothing is on air. */
  awaySince: z.iso.datetime().optional(),
  /** What was found in the source and what was done with it, one sentence each. */
  notes: z.array(z.string()).default([]),
  encoderLog: z.array(z.string()).default([]),
  restarts: z.number().int().default(0),
  /** Chunks lost on the way to the log since the session began. */
  droppedChunks: z.number().int().default(0),
});
export type StreamStatus = z.infer<typeof streamStatus>;

/** A row of `topicast.status` under `producer/<id>`: the heartbeat; a tombstone when it leaves in order. */
export const producerHeartbeat = z.object({
  at: z.iso.datetime(),
  /** The producer is giving away its streams and ending. */
  leaving: z.boolean().default(false),
  /** The port at which it takes encoders that publish by RTMP; absent: it takes none. */
  rtmpPort: z.number().int().min(1).max(65535).optional(),
  /** The port at which it takes encoders that publish by WebSocket, such as browsers. */
  cameraPort: z.number().int().min(1).max(65535).optional(),
  /** Where it takes encoders by SRT, by stream; absent: nowhere. Without a host, it is the one that gateways have. */
  srt: z
    .object({
      host: z.string().max(255).optional(),
      ports: z.record(z.string().max(63), z.number().int().min(1).max(65535)),
    })
    .optional(),
  /** What it encodes with, and its limits; absent: it has not tried yet, or does not tell. */
  encoding: z
    .object({
      /** Names that we do not know are of newer programs. */
      encoders: z.array(z.string().max(32)).max(16),
      maxHeight: z.number().int(),
      maxKbit: z.number(),
    })
    .optional(),
  /** The port at which it takes encoders that publish by WebRTC (WHIP). */
  whipPort: z.number().int().min(1).max(65535).optional(),
});
export type ProducerHeartbeat = z.infer<typeof producerHeartbeat>;

/** Where encoders can publish, by what they speak. */
export type IngestPorts = Pick<ProducerHeartbeat, 'rtmpPort' | 'cameraPort' | 'whipPort'>;

export const streamStatusKey = (id: string): string => `stream/${id}`;
export const producerKey = (id: string): string => `producer/${id}`;
export const deletionKey = (id: string): string => `deleting/${id}`;

/**
 * A row of `topicast.streams` under `deleting/<id>`: a request to delete the stream and its topic. This row is deleted
 * last.
 */
export const deletionRequest = z.object({ at: z.iso.datetime() });
export type DeletionRequest = z.infer<typeof deletionRequest>;
