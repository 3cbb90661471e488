/**
 * The names of all TOPICAST_* variables of all programs, because the environment of one program often contains the
 * variables of the others. The table in docs/4-operate.md explains them.
 */
export const SETTING_NAMES: readonly string[] = [
  'TOPICAST_ALLOWED_HOSTS',
  'TOPICAST_ALLOWED_ORIGINS',
  'TOPICAST_ALLOW_PRIVATE_URLS',
  'TOPICAST_ANALYSE',
  'TOPICAST_AUDIO_CODEC',
  'TOPICAST_CACHE_DIR',
  'TOPICAST_CAMERA_PORT',
  'TOPICAST_DATA_DIR',
  'TOPICAST_DRAIN_SECONDS',
  'TOPICAST_ECONOMY',
  'TOPICAST_FUZZ_RUNS',
  'TOPICAST_GATEWAY_PORT',
  'TOPICAST_GATEWAY_URL',
  'TOPICAST_GATEWAY_WORKERS',
  'TOPICAST_HANGS',
  'TOPICAST_HOST',
  'TOPICAST_INGEST_BACK',
  'TOPICAST_INGEST_GAP',
  'TOPICAST_INGEST_SECOND',
  'TOPICAST_KAFKA_COMPRESSION',
  'TOPICAST_KAFKA_MAX_MESSAGE_MB',
  'TOPICAST_KAFKA_REPLICATION',
  'TOPICAST_KAFKA_SEGMENT_MB',
  'TOPICAST_LOG_LEVEL',
  'TOPICAST_MAX_MESSAGES_PER_SECOND',
  'TOPICAST_MAX_VIEWERS',
  'TOPICAST_MAX_VIEWERS_PER_ADDRESS',
  'TOPICAST_MEDIA',
  'TOPICAST_MEDIA_DIRS',
  'TOPICAST_PROCESSORS_PORT',
  'TOPICAST_PRODUCER_ID',
  'TOPICAST_PRODUCER_PORT',
  'TOPICAST_PRODUCER_SESSION_TIMEOUT_MS',
  'TOPICAST_PUBLIC_CAMERA_URL',
  'TOPICAST_PUBLIC_GATEWAY_URL',
  'TOPICAST_PUBLIC_RTMP_URL',
  'TOPICAST_PUBLIC_SRT_HOST',
  'TOPICAST_PUBLIC_WHIP_URL',
  'TOPICAST_PUBLISH_WEBHOOK_URL',
  'TOPICAST_RETENTION_MEGABYTES',
  'TOPICAST_RETENTION_MINUTES',
  'TOPICAST_RING_MB',
  'TOPICAST_RING_SECONDS',
  'TOPICAST_RTMP_PORT',
  'TOPICAST_RTMP_STRANGERS_PER_ADDRESS',
  'TOPICAST_SRT_LATENCY_MS',
  'TOPICAST_SRT_PORTS',
  'TOPICAST_TEST_MEDIA',
  'TOPICAST_THUMBNAIL_SECONDS',
  'TOPICAST_TOKEN',
  'TOPICAST_VIDEO_MAX_HEIGHT',
  'TOPICAST_VIDEO_MAX_KBIT',
  'TOPICAST_VIDEO_PRESET',
  'TOPICAST_VIEWER_SECRET',
  'TOPICAST_WEBHOOK_SECRET',
  'TOPICAST_WEBHOOK_URLS',
  'TOPICAST_WEB_PORT',
  'TOPICAST_WEB_STANDALONE',
  'TOPICAST_WHIP_ADDRESS',
  'TOPICAST_WHIP_PORT',
];

const PREFIX = 'TOPICAST_';

/**
 * Returns a line for each TOPICAST_* variable that no program knows. It suggests a similar name, and never shows the
 * value, which may be a secret. We ignore KAFKA_* variables, because other software uses them too.
 */
export function unknownSettings(environment: Record<string, string | undefined>): string[] {
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && environment[name]);
  return names
    .filter((name) => !SETTING_NAMES.includes(name))
    .map((name) => {
      const nearest = nearestName(name);
      return `${name}: unknown setting; ${nearest ? `did you mean ${nearest}?` : 'docs/4-operate.md lists all settings'}`;
    });
}

/** A longer name may have more wrong letters. */
function nearestName(name: string): string | undefined {
  const limit = 1 + (name.length - PREFIX.length) / 4;
  // We compare only names of similar length, because an unknown name can be of any length.
  const [nearest] = SETTING_NAMES.filter(({ length }) => Math.abs(length - name.length) <= limit)
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.known;
}

/** The number of letters to insert, delete or replace to turn one name into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...a].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = row[column]! + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
