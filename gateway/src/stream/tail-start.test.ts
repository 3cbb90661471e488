import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { type TemporaryFolder, temporaryFolder } from '@topicast/test/temporary';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOf } from '../testing/chunks.js';
import { openTail } from './tail-start.js';

const SPAN = milliseconds(20_000);
const stream = streamId('film');

describe('a tail of a span', () => {
  let folder: TemporaryFolder;
  let log: ChunkLog;
  let written = 0;

  beforeEach(async () => {
    folder = temporaryFolder();
    log = await openEmbeddedLog({ directory: folder.path });
    await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(3_600_000) });
    written = 0;
  });
  afterEach(async () => {
    await log.close();
    folder[Symbol.dispose]();
  });

  const append = async (count: number, keyframe = false): Promise<void> => {
    for (let n = 0; n < count; n += 1, written += 1) {
      await log.append(stream, 0, [recordOf(written, { keyframe, startedAt: Date.now() - written * 40 })]);
    }
  };
  /** Starts the tail, does `meanwhile`, and then reads. */
  const offsetsAfter = async (meanwhile: () => Promise<void>): Promise<number[]> => {
    const ending = new AbortController();
    const { batches } = await openTail(log, stream, 0, SPAN, ending.signal);
    await meanwhile();
    const offsets: number[] = [];
    for await (const batch of batches) {
      offsets.push(...batch.map(({ offset }) => offset));
      if (offsets.at(-1) === written - 1) break;
    }
    ending.abort();
    return offsets;
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, offset) => offset);

  it('reaches back beyond the newest keyframe', async () => {
    await append(5);
    await append(1, true);
    await append(2);
    expect(await offsetsAfter(async () => undefined)).toEqual(upTo(8));
  });

  it('does so too when that keyframe comes just as it begins', async () => {
    await append(1, true);
    await append(5);
    expect(await offsetsAfter(() => append(1, true))).toEqual(upTo(7));
  });

  it('begins with the first record of a topic in which there was none', async () => {
    expect(await offsetsAfter(() => append(3, true))).toEqual(upTo(3));
  });
});
