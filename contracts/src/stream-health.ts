import { z } from 'zod';
import { MAX_RENDITION } from './position.js';
import { type Milliseconds, milliseconds } from './units.js';

/**
 * How well streams go: rows that producers and gateways write to the topic of events `health`, keyed by stream, and
 * what the gateway's API makes of them (docs/design/health.md).
 */
export const HEALTH_TOPIC = 'health';
/** A row of each process, for each live stream, so often; also one column of the history. */
export const HEALTH_EVERY: Milliseconds = milliseconds(2_000);
/** How far back the history reaches. */
export const HEALTH_HISTORY: Milliseconds = milliseconds(600_000);
/** A process that has said nothing for so long says nothing any more. */
export const HEALTH_FRESH: Milliseconds = milliseconds(6_000);

const ms = z.number().nonnegative();
const quantiles = z.object({ p50: ms, p95: ms });
const count = z.number().int().nonnegative();
const perRendition = <T extends z.ZodType>(each: T) => z.array(each).max(MAX_RENDITION + 1);

const ofRendition = z.object({
  bitrate: z.number().nonnegative().optional().describe('bits a second, of the last seconds'),
  frameRate: z.number().nonnegative().optional().describe('pictures a second, of the last seconds'),
});

/** What the way from the encoder to the log shows. Quantiles and counts are of the time since the row before. */
export const producerFigures = z.object({
  from: z.literal('producer'),
  process: z.string().max(128),
  session: count,
  way: z
    .enum(['encoded', 'copied', 'sent'])
    .describe('fetched and encoded here, fetched and passed on, or sent by an encoder and passed on'),
  renditions: perRendition(ofRendition),
  speed: z.number().optional().describe('seconds of media a second, of the last ten seconds'),
  keyframeInterval: ms.optional().describe('ms of media between the last two keyframes'),
  late: quantiles
    .optional()
    .describe('how much later than the earliest ones pictures come by their time stamps: ms'),
  behind: ms
    .optional()
    .describe('the same for the one that was least late: ms that the whole stream is behind'),
  queued: ms.optional().describe('from the arrival of a chunk until it is handed to the log: ms, p50'),
  append: quantiles.optional().describe('what the log takes for an append'),
  dropped: count.describe('chunks that never reached the log'),
  /** Of the last minute. */
  jumps: count.describe('time stamps that jumped, or packets that were missing'),
  uneven: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('the share of the pictures that are not one step apart'),
  hasReordering: z.boolean().describe('B-frames'),
  waitsForReordering: z
    .boolean()
    .optional()
    .describe('there are no B-frames, but the bitstream does not say so, and decoders wait for them'),
});
export type ProducerFigures = z.infer<typeof producerFigures>;

/** What a gateway's process knows about its own viewers of a stream. */
export const gatewayFigures = z.object({
  from: z.literal('gateway'),
  process: z.string().max(128),
  viewers: count,
  renditions: perRendition(count).describe('viewers of each rendition'),
  stalled: count.describe('viewers to whom more than half a second is under way'),
  roundTrip: quantiles.optional().describe('from the write of a chunk to its acknowledgement'),
  encoder: ms.optional().describe('from the encoder to the log, by the time stamps: mean'),
  log: ms.optional().describe('from the log to the gateway: mean'),
});
export type GatewayFigures = z.infer<typeof gatewayFigures>;

export const healthRow = z.discriminatedUnion('from', [producerFigures, gatewayFigures]);
export type HealthRow = z.infer<typeof healthRow>;

/** What the viewers of a stream have together, on all gateways. */
export type AudienceFigures = Omit<GatewayFigures, 'from' | 'process'>;

const series = z.array(z.number().nullable());
/** One number for each column and figure; null where nothing is known. */
export const healthColumns = z.object({
  time: z.array(z.number()).describe('when each column begins: ms since the epoch'),
  bitrate: series.describe('of the best rendition, bits a second'),
  frameRate: series,
  keyframeInterval: series.describe('ms'),
  speed: series,
  late: series.describe('ms'),
  append: series.describe('ms, p95'),
  dropped: series,
  viewers: series,
  delivery50: series.describe('from the encoder to the viewer, without its buffer: ms, p50'),
  delivery95: series,
  stalled: series.describe('share of the viewers, 0 to 1'),
});
export type HealthColumns = z.infer<typeof healthColumns>;

export const SEVERITIES = ['bad', 'warning', 'hint'] as const;
export const finding = z.object({
  code: z.string().describe('stable, for programs'),
  severity: z.enum(SEVERITIES),
  words: z.string().describe('what is wrong'),
  remedy: z.string().describe('what to change'),
});
export type Finding = z.infer<typeof finding>;

/** A part of the time from the encoder to the screen; without `ms`, nobody can measure it. */
const latencyPart = z.object({
  name: z.enum(['encoder', 'arrival', 'chunker', 'log', 'gateway', 'network', 'buffer']),
  ms: ms.optional(),
});
export type LatencyPart = z.infer<typeof latencyPart>;

export const streamHealth = z.object({
  every: z.number().describe('ms from one column to the next'),
  columns: healthColumns,
  newest: z.object({
    producer: producerFigures.optional(),
    audience: gatewayFigures.omit({ from: true, process: true }).optional(),
  }),
  latency: z.array(latencyPart),
  findings: z.array(finding).describe('what is wrong, the worst first; empty: all is well'),
});
export type StreamHealth = z.infer<typeof streamHealth>;
