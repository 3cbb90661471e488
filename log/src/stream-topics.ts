import { STREAM_EVENTS_TOPIC, streamEvent } from '@topicast/contracts/stream-event';
import { HEALTH_TOPIC, healthRow } from '@topicast/contracts/stream-health';
import { milliseconds } from '@topicast/contracts/units';
import type { EventDefinition } from './events.js';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** How each live stream goes, every two seconds: worth something for minutes. */
export const HEALTH_ROWS: EventDefinition<typeof healthRow> = {
  name: HEALTH_TOPIC,
  schema: healthRow,
  retentionMs: milliseconds(HOUR_MS),
  retentionBytes: 256_000_000,
};

/** What has happened to streams. */
export const STREAM_EVENTS: EventDefinition<typeof streamEvent> = {
  name: STREAM_EVENTS_TOPIC,
  schema: streamEvent,
  retentionMs: milliseconds(WEEK_MS),
  retentionBytes: 64_000_000,
};
