import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { openThumbnails } from '@topicast/contracts/thumbnails';
import { milliseconds } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rowOf, STREAM, statusOf } from '../testing/world.js';
import { PictureQueue } from './picture-queue.js';
import { KEPT_AFTER_END, Thumbnails } from './thumbnails.js';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
const EVERY = milliseconds(5_000);
const VIEW = { id: STREAM, row: rowOf(), status: statusOf() };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(takePicture: () => Promise<Buffer | undefined> = async () => JPEG) {
  const table = openThumbnails(new MemoryTable());
  const counts = { taken: 0, failed: 0, skipped: 0 };
  const pictures = new PictureQueue(takePicture);
  const logger = pino({ level: 'silent' });
  const thumbnails = new Thumbnails({ table, every: EVERY, pictures, counts, logger });
  const work = thumbnails.follow(VIEW);
  const give = async (keyframe: boolean, passMs: number) => {
    const header = headerOf(0, { keyframe, session: 7, wallClock: milliseconds(Date.now()) });
    await work.take({ offset: 0, header, value: new Uint8Array(188), gap: undefined });
    await vi.advanceTimersByTimeAsync(passMs);
  };
  return { table, counts, pictures, thumbnails, give };
}

it('takes a picture of the first keyframe, and of the next one when it is time', async () => {
  const { table, counts, give } = setUp();
  await give(false, 1_000);
  expect(counts.taken).toBe(0);
  for (let second = 0; second < 12; second += 1) await give(true, 1_000);
  expect(counts).toEqual({ taken: 3, failed: 0, skipped: 0 });
  expect(table.get(STREAM)).toMatchObject({ session: 7, jpeg: JPEG.toString('base64') });
});

it('keeps the last picture when the next one cannot be made', async () => {
  let isBroken = false;
  const { table, counts, give } = setUp(async () => (isBroken ? undefined : JPEG));
  await give(true, EVERY);
  const first = table.get(STREAM);
  isBroken = true;
  await give(true, EVERY);
  expect(counts).toMatchObject({ taken: 1, failed: 1 });
  expect(table.get(STREAM)).toBe(first);
});

it('reads the smallest rendition that is large enough, while the stream is on air', () => {
  const { thumbnails } = setUp();
  const renditions = [720, 360, 144].map((height, rendition) => ({
    rendition,
    tracks: [{ kind: 'video' as const, height }],
  }));
  const sound = { rendition: 3, tracks: [{ kind: 'audio' as const }] };
  const choice = (fields: object, of = [...renditions, sound]) =>
    thumbnails.renditionOf({
      ...VIEW,
      status: statusOf({ catalog: { session: 1, renditions: of }, ...fields }),
    });
  expect(choice({})).toBe(1);
  expect(choice({}, renditions.slice(2))).toBe(2);
  expect(choice({}, [sound])).toBeUndefined();
  expect(choice({ state: 'starting' })).toBeUndefined();
  expect(thumbnails.renditionOf({ ...VIEW, status: undefined })).toBeUndefined();
});

it('keeps the picture of a stream that has ended for an hour, and none of one that was deleted', async () => {
  const { table, thumbnails, give } = setUp();
  const off = { ...VIEW, status: undefined };
  await give(true, KEPT_AFTER_END);
  expect([...thumbnails.known()]).toEqual([STREAM]);
  thumbnails.tidy(STREAM, off);
  expect(table.get(STREAM)).toBeDefined();
  await vi.advanceTimersByTimeAsync(1);
  thumbnails.tidy(STREAM, off);
  expect(table.get(STREAM)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await give(true, EVERY);
  thumbnails.tidy(STREAM, undefined);
  expect(table.get(STREAM)).toBeUndefined();
});

it('takes one picture at a time, and lets only so many wait', async () => {
  let running = 0;
  let most = 0;
  const queue = new PictureQueue(async () => {
    running += 1;
    most = Math.max(most, running);
    await vi.advanceTimersByTimeAsync(10);
    running -= 1;
    return JPEG;
  });
  const taken: Promise<Buffer | undefined>[] = [];
  while (queue.hasRoom) taken.push(queue.take(new Uint8Array()));
  expect(taken.length).toBe(32);
  await Promise.all(taken);
  expect([most, queue.hasRoom]).toEqual([1, true]);
  await queue.close();
  expect(queue.hasRoom).toBe(false);
});

it('takes the next picture when one could not even be begun', async () => {
  const queue = new PictureQueue(async (keyframe) => {
    if (keyframe.length === 0) throw new Error('too many open files');
    return JPEG;
  });
  const taken = [queue.take(new Uint8Array()), queue.take(new Uint8Array(1))];
  expect(await Promise.all(taken)).toEqual([undefined, JPEG]);
  await queue.close();
});
