import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { LogError, type NewEventRecord, type NewRecord } from './chunk-log.js';

/**
 * The most that one append may hold, values and headers together. Kafka accepts a batch whole or not at all, up to the
 * topic's `max.message.bytes`, which we set to this and some room for the batch's own framing. The embedded log has the
 * same limit, so that whatever works on one works on the other.
 */
export const MAX_APPEND_BYTES = 4 * 1024 * 1024;

/** What the framing of a record can add to its value. */
const RECORD_OVERHEAD_BYTES = 128;

/** @throws {LogError} `invalid` */
export function checkAppend(records: readonly NewRecord[]): void {
  checkSizes(records.map(({ value }) => value.byteLength));
}

/** @throws {LogError} `invalid` */
export function checkEvents(events: readonly NewEventRecord[]): void {
  checkSizes(events.map(({ key = '', json }) => Buffer.byteLength(key) + Buffer.byteLength(json)));
}

function checkSizes(sizes: readonly number[]): void {
  if (sizes.length === 0) throw new LogError('invalid', 'an append needs at least one record');
  const total = sizes.reduce((sum, size) => sum + size + RECORD_OVERHEAD_BYTES, 0);
  if (total > MAX_APPEND_BYTES) {
    throw new LogError(
      'invalid',
      `an append of ${total} bytes is over the limit of ${MAX_APPEND_BYTES}: split it`,
    );
  }
}

/** @throws {LogError} `invalid` */
export function checkPartition(rendition: number, partitions: number): void {
  if (!Number.isInteger(rendition) || rendition < 0 || rendition >= partitions) {
    throw new LogError(
      'invalid',
      `rendition ${rendition} does not exist: the topic has ${partitions} partition(s)`,
    );
  }
}

/** @throws {LogError} `invalid` */
export function checkPartitionCount(partitions: number): void {
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 64) {
    throw new LogError('invalid', `a topic cannot have ${partitions} partitions: use 1 to 64`);
  }
}

/**
 * Whether the record that `newest.sinceKeyframe` points to is the keyframe it promises. The count is a hint: a repeat
 * or a loss between the two shifts it, and then only walking back finds the keyframe.
 */
export function isHintedKeyframe(newest: ChunkHeader, found: ChunkHeader | undefined): boolean {
  return (
    found?.keyframe === true &&
    found.session === newest.session &&
    found.sequence === newest.sequence - newest.sinceKeyframe
  );
}
