import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import { expect } from 'vitest';
import {
  type ChunkReader,
  type ChunkTopics,
  type ChunkWriter,
  LogError,
  type LogErrorCode,
  type LogRecord,
  type NewRecord,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';

export const SETTINGS: TopicSettings = { partitions: 2, retentionMs: milliseconds(3_600_000) };

let streams = 0;
/** A stream id that no other test uses. */
export const newStream = (): StreamId => streamId(`t-${process.pid}-${Date.now().toString(36)}-${streams++}`);

export const header = (sequence: number, fields: Partial<ChunkHeader> = {}): ChunkHeader =>
  headerOf(sequence, {
    session: 1_763_000_000_000,
    wallClock: milliseconds(1_763_000_000_000 + sequence * 33.125),
    ...fields,
  });

export function record(sequence: number, fields: Partial<ChunkHeader> = {}, sizeBytes = 376): NewRecord {
  const value = new Uint8Array(sizeBytes).fill(sequence % 251);
  value[0] = 0x47;
  return { header: header(sequence, fields), value };
}

/** Chunks numbered from 0 with a keyframe every `gop`. */
export const gops = (count: number, gop: number): NewRecord[] =>
  Array.from({ length: count }, (_, n) => record(n, { keyframe: n % gop === 0, sinceKeyframe: n % gop }));

/** A new topic with these records in its rendition 0. */
export async function filled(
  log: ChunkTopics & ChunkWriter,
  records: readonly NewRecord[],
  settings = SETTINGS,
): Promise<StreamId> {
  const stream = newStream();
  await log.createTopic(stream, settings);
  if (records.length > 0) await log.append(stream, 0, records);
  return stream;
}

/** Read until `count` records have come. */
export async function take(
  log: ChunkReader,
  stream: StreamId,
  start: TailStart,
  count: number,
  rendition = 0,
): Promise<LogRecord[]> {
  const stop = new AbortController();
  const records: LogRecord[] = [];
  for await (const batch of log.tail(stream, rendition, start, stop.signal)) {
    records.push(...batch);
    if (records.length >= count) stop.abort();
  }
  return records;
}

export const sequences = (records: readonly LogRecord[]): (number | undefined)[] =>
  records.map((each) => each.header?.sequence);

export async function expectCode(code: LogErrorCode, promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogError);
  expect((error as LogError).code).toBe(code);
}
