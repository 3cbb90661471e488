import { streamId } from '@topicast/contracts/stream-id';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chunks,
  NotingProcessor,
  RETAINED,
  rowOf,
  STREAM,
  statusOf,
  TestShare,
  tablesOnAir,
} from '../testing/world.js';
import type { FollowCounts } from './follower.js';
import { Worker } from './worker.js';

const logger = pino({ level: 'silent' });
let folder: ReturnType<typeof temporaryFolder>;
let log: ChunkLog;
beforeEach(async () => {
  folder = temporaryFolder();
  log = await openEmbeddedLog({ directory: folder.path, logger });
});
afterEach(async () => {
  await log.close();
  folder[Symbol.dispose]();
});

/** A worker with one stream on air, whose topic is there. */
async function setUp() {
  await log.createTopic(STREAM, RETAINED);
  const tables = await tablesOnAir();
  const share = new TestShare();
  const processor = new NotingProcessor();
  const counts: FollowCounts = { chunks: 0, lost: 0, failures: 0 };
  const alive = new Set(['one']);
  const liveness = { isAlive: (producer: string) => alive.has(producer) };
  const worker = new Worker({ processor, log, tables, liveness, share, counts, logger });
  return { tables, share, processor, counts, alive, worker, [Symbol.asyncDispose]: () => worker.close() };
}

describe('a worker', () => {
  it('begins at the newest keyframe, and reads on', async () => {
    await log.createTopic(STREAM, RETAINED);
    await log.append(STREAM, 0, chunks(0, 10));
    await using world = await setUp();
    await until(() => world.processor.taken.length === 2);
    await log.append(STREAM, 0, chunks(10, 3));
    await until(() => world.processor.taken.length === 5);
    expect(world.processor.sequences).toEqual([8, 9, 10, 11, 12]);
    expect(world.processor.taken[0]!.gap).toBeUndefined();
  });

  it('gives no chunk twice and none of an old encoder, and tells gaps at keyframes', async () => {
    await using world = await setUp();
    const { processor, counts } = world;
    await log.append(STREAM, 0, chunks(0, 3));
    await until(() => processor.taken.length === 3);
    await log.append(STREAM, 0, chunks(1, 2));
    await log.append(STREAM, 0, chunks(5, 5));
    await log.append(STREAM, 0, chunks(0, 2, { session: 2 }));
    await log.append(STREAM, 0, chunks(10, 3));
    await log.append(STREAM, 0, chunks(2, 1, { session: 2 }));
    await until(() => processor.taken.length === 8);
    const seen = processor.taken.map(({ header, gap }) => [header.session, header.sequence, gap?.reason]);
    expect(seen).toEqual([
      ...[0, 1, 2].map((sequence) => [1, sequence, undefined]),
      [1, 8, 'lost'],
      [1, 9, undefined],
      [2, 0, 'session'],
      [2, 1, undefined],
      [2, 2, undefined],
    ]);
    expect(counts).toMatchObject({ chunks: 8, lost: 2 });
  });

  it('goes on with a topic that is deleted and made again', async () => {
    await using world = await setUp();
    const { processor } = world;
    await log.append(STREAM, 0, chunks(0, 2));
    await until(() => processor.taken.length === 2);
    await log.deleteTopic(STREAM);
    await log.createTopic(STREAM, RETAINED);
    await log.append(STREAM, 0, chunks(4, 2));
    await until(() => processor.taken.length === 4);
    expect(processor.taken[2]!.gap?.reason).toBe('session');
    expect(processor.begun).toBe(1);
  });

  it('ends when the stream is off air, when its producer has died, or when another process has it', async () => {
    await using world = await setUp();
    const { processor, tables, share, alive } = world;
    const follows = (times: number) => until(() => processor.begun === times && world.worker.streams === 1);
    await follows(1);
    await tables.statuses.put(STREAM, statusOf({ state: 'offline' }));
    await until(() => processor.ended.length === 1);
    await tables.statuses.put(STREAM, statusOf());
    await follows(2);
    alive.clear();
    await until(() => processor.ended.length === 2);
    alive.add('one');
    await follows(3);
    share.give(false);
    await until(() => processor.ended.length === 3);
    share.give(true);
    await follows(4);
    await tables.rows.delete(STREAM);
    await until(() => processor.ended.length === 4);
    expect(processor.ended).toEqual(['over', 'over', 'moved', 'over']);
    expect(world.worker.streams).toBe(0);
  });

  it('begins again after work that fails, at the live edge', async () => {
    await using world = await setUp();
    const { processor, counts } = world;
    processor.onTake = ({ header }) => {
      if (header.sequence === 1) throw new Error('no idea');
    };
    await log.append(STREAM, 0, chunks(0, 1));
    await until(() => processor.taken.length === 1);
    await log.append(STREAM, 0, chunks(1, 5));
    await until(() => processor.begun === 2 && processor.taken.length === 3);
    expect(processor.sequences).toEqual([0, 4, 5]);
    expect(processor.ended).toEqual(['moved']);
    expect(counts.failures).toBe(1);
  });

  it('ends work that waits for somebody who never comes', async () => {
    const world = await setUp();
    world.processor.onTake = () => new Promise(() => undefined);
    await log.append(STREAM, 0, chunks(0, 2));
    await until(() => world.processor.begun === 1);
    await world.worker.close();
    expect(world.processor.ended).toEqual(['moved']);
  });

  it('tells work of a changed row, and lets a processor tidy up after an owner that died', async () => {
    await using world = await setUp();
    const { processor, tables } = world;
    const tidied: string[] = [];
    Object.assign(processor, { known: () => [STREAM], tidy: (id: string) => tidied.push(id) });
    await until(() => processor.begun === 1);
    expect(tidied).toEqual([]);
    await tables.rows.put(STREAM, { ...rowOf({ enabled: false }), title: 'Another' });
    await tables.statuses.put(STREAM, statusOf({ state: 'offline' }));
    await until(() => tidied.length > 0);
    expect(processor.ended).toEqual(['over']);
  });

  it('follows no more streams than it may, and counts the others', async () => {
    await using world = await setUp();
    const { processor, tables } = world;
    await until(() => processor.begun === 1);
    Object.assign(processor, { mostStreams: 1 });
    const other = streamId('other');
    await tables.rows.put(other, { ...rowOf(), id: other });
    await tables.statuses.put(other, statusOf());
    await until(() => world.worker.leftOut === 1);
    expect([world.worker.streams, processor.begun]).toEqual([1, 1]);
    await tables.rows.delete(STREAM);
    await until(() => processor.begun === 2);
    expect([world.worker.streams, world.worker.leftOut]).toEqual([1, 0]);
  });

  it('tells work that its producer has died, which no row says', async () => {
    await using world = await setUp();
    const { processor, alive } = world;
    processor.wants = () => 0;
    await until(() => processor.begun === 1);
    alive.clear();
    await until(() => processor.updates.length === 1);
    expect(processor.updates[0]?.status).toBeUndefined();
  });
});
