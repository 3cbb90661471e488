import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Bounds, TailStart } from '../../chunk-log.js';
import { isHintedKeyframe } from '../../records.js';
import type { Place } from '../brokers/routes.js';
import type { KafkaRecord } from '../wire/record-batch.js';
import type { Offsets } from './offsets.js';
import type { Reader } from './reader.js';

/**
 * For topics where keyframes are not marked: by default x264 makes one every 250 frames, which is 10 s at 25 frames a
 * second.
 */
const FOREIGN_LOOK_BACK: Milliseconds = milliseconds(15_000);
/** A batch comes whole whatever the limit is, so this asks for one batch. */
const ONE_BATCH = 1;
const FIRST_STEP_BACK = 64;
/** A keyframe that is farther away than this many chunks (4.5 minutes of one frame each) is not looked for. */
const LONGEST_WALK = 8192;

/** The offset at which a tail begins. @throws as {@link Reader.page} */
export async function startOffset(
  reader: Reader,
  offsets: Offsets,
  place: Place,
  start: TailStart,
): Promise<number> {
  const { topic, partition } = place;
  const bounds = await offsets.bounds(topic, partition);
  const clamp = (offset: number): number => Math.min(Math.max(offset, bounds.earliest), bounds.next);
  switch (start.at) {
    case 'earliest':
      return bounds.earliest;
    case 'live':
      return bounds.next;
    case 'offset':
      return clamp(start.offset);
    case 'time':
      return clamp((await offsets.since(topic, partition, start.time)) ?? bounds.next);
    case 'keyframe':
      return newestKeyframe({ reader, offsets, place, bounds });
  }
}

interface Search {
  readonly reader: Reader;
  readonly offsets: Offsets;
  readonly place: Place;
  readonly bounds: Bounds;
}

async function newestKeyframe(search: Search): Promise<number> {
  const { reader, offsets, place, bounds } = search;
  if (bounds.next === bounds.earliest) return bounds.next;
  const lastBatch = await reader.page(place, bounds.next - 1, ONE_BATCH);
  const newest = lastBatch.records.at(-1);
  if (!newest?.header) {
    const until = newest?.timestamp ?? Milliseconds.wallClock();
    const since = await offsets.since(
      place.topic,
      place.partition,
      Milliseconds.sub(until, FOREIGN_LOOK_BACK),
    );
    return Math.min(Math.max(since ?? bounds.earliest, bounds.earliest), bounds.next);
  }
  const hinted = newest.offset - newest.header.sinceKeyframe;
  if (hinted >= bounds.earliest) {
    const batch = hinted === newest.offset ? lastBatch : await reader.page(place, hinted, ONE_BATCH);
    const found = batch.records.find(({ offset }) => offset === hinted);
    if (isHintedKeyframe(newest.header, found?.header)) return hinted;
  }
  return walkBack(search);
}

/** Look through longer and longer stretches before the end. Without a keyframe, begin with what comes next. */
async function walkBack({ reader, place, bounds }: Search): Promise<number> {
  const last = Math.max(bounds.earliest, bounds.next - LONGEST_WALK);
  for (let end = bounds.next, step = FIRST_STEP_BACK; end > last; step *= 2) {
    const begin = Math.max(last, end - step);
    let found: KafkaRecord | undefined;
    for (let at = begin; at < end; ) {
      const page = await reader.page(place, at);
      found = page.records.findLast(({ header, offset }) => header?.keyframe && offset < end) ?? found;
      if (page.next === at) break;
      at = page.next;
    }
    if (found) return found.offset;
    end = begin;
  }
  return bounds.next;
}
