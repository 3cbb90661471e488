import { THUMBNAILS_TABLE } from '@topicast/contracts/thumbnails';
import type { Retention } from '../../chunk-log.js';
import { MAX_APPEND_BYTES } from '../../records.js';

/** Kafka removes whole segments; with eight of them, the retention is exact to an eighth. */
const SEGMENTS = 8;
const SHORTEST_SEGMENT_MS = 10_000;
const SMALLEST_SEGMENT_BYTES = 16 * 1024 * 1024;
const LARGEST_SEGMENT_BYTES = 1024 * 1024 * 1024;
/** Twice what an append may hold: headers and framing fit in any case. */
const MAX_BATCH_BYTES = 2 * MAX_APPEND_BYTES;
/** With this many copies or more, one broker may be away: writing continues, and every write is on two brokers. */
const REPLICAS_FOR_TWO_IN_SYNC = 3;

export type Config = Readonly<Record<string, string | number>>;

export interface TopicConfig {
  /** Set when the topic is made. */
  readonly made: Config;
  /** The same, but updated when the topic is requested again. */
  readonly kept?: Config;
  /**
   * Whether the topic gets partitions that it lacks. A table never does, because the partition of a row depends on
   * their number.
   */
  readonly grows: boolean;
}

/** What the operator has chosen for the topics that we create. */
export interface TopicChoices {
  readonly segmentBytes?: number;
  readonly maxMessageBytes?: number;
}

/** For topics that remove old records: chunks and events. */
export function retainedConfig(
  { retentionMs, retentionBytes }: Retention,
  { segmentBytes, maxMessageBytes = MAX_BATCH_BYTES }: TopicChoices = {},
): TopicConfig {
  const share = Math.floor((retentionBytes ?? Number.POSITIVE_INFINITY) / SEGMENTS);
  const bySize = Math.min(LARGEST_SEGMENT_BYTES, Math.max(SMALLEST_SEGMENT_BYTES, share));
  return {
    made: {
      'cleanup.policy': 'delete',
      'max.message.bytes': maxMessageBytes,
      // Retention and reads from a point in time use one clock, whatever the clock of a foreign producer says.
      'message.timestamp.type': 'LogAppendTime',
      'compression.type': 'producer',
    },
    kept: {
      'retention.ms': Math.ceil(retentionMs),
      'retention.bytes': Math.ceil(retentionBytes ?? -1),
      'segment.ms': Math.max(SHORTEST_SEGMENT_MS, Math.ceil(retentionMs / SEGMENTS)),
      'segment.bytes': segmentBytes ?? bySize,
    },
    grows: true,
  };
}

/** Heartbeats rewrite the same keys, and a reader reads everything, so compact early. Pictures are large. */
const SEGMENT_MS_OF_TABLE: Readonly<Record<string, number>> = { [THUMBNAILS_TABLE]: 60_000 };
const USUAL_TABLE_SEGMENT_MS = 600_000;

export const tableConfig = (
  name: string,
  { maxMessageBytes = MAX_BATCH_BYTES }: TopicChoices = {},
): TopicConfig => ({
  made: {
    'cleanup.policy': 'compact',
    'segment.ms': SEGMENT_MS_OF_TABLE[name] ?? USUAL_TABLE_SEGMENT_MS,
    'min.cleanable.dirty.ratio': 0.1,
    'max.message.bytes': maxMessageBytes,
    // Otherwise brokers refuse a producer whose clock is wrong.
    'message.timestamp.type': 'LogAppendTime',
  },
  grows: false,
});

/** How many copies must have a record before it is acknowledged. */
export const minInSync = (replicationFactor: number): number =>
  replicationFactor >= REPLICAS_FOR_TWO_IN_SYNC ? 2 : 1;
