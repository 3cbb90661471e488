import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { ChunkReader, ChunkWriter, NewRecord } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { expect, it } from 'vitest';
import { OvertakenWatch } from './overtaken.js';

const CAM = streamId('cam');
const record = (session: number, sequence: number): NewRecord => ({
  header: {
    ...{ keyframe: sequence === 0, discontinuity: false, audioOnly: false, sinceKeyframe: sequence },
    ...{ gop: 0, session, sequence, decodeTime: ticks90k(sequence * 3000), presentationOffset: ticks90k(0) },
    wallClock: milliseconds(sequence * 33),
  },
  value: new Uint8Array(188),
});

it('learns from its first append that another one has written in the meantime, and reads nothing otherwise', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  await log.createTopic(CAM, { partitions: 1, retentionMs: milliseconds(60_000) });
  let reads = 0;
  const counting: Pick<ChunkWriter, 'append'> & Pick<ChunkReader, 'tail'> = {
    append: (...call) => log.append(...call),
    tail: (...call) => {
      reads++;
      return log.tail(...call);
    },
  };
  const watch = new OvertakenWatch(counting, CAM);
  for (let sequence = 0; sequence < 50; sequence++) await watch.append(CAM, 0, [record(7, sequence)]);
  expect([watch.highest, reads]).toEqual([undefined, 0]);

  // It hangs, and another one takes over for a while.
  for (let sequence = 0; sequence < 20; sequence++) await log.append(CAM, 0, [record(9, sequence)]);
  await watch.append(CAM, 0, [record(7, 50)]);
  await until('it knows', () => watch.highest === 9);
  await watch.append(CAM, 0, [record(7, 51)]);
  expect(reads).toBe(1);

  // One that begins sees what was there just before it.
  const late = new OvertakenWatch(log, CAM);
  await late.append(CAM, 0, [record(8, 0)]);
  await until('the other one knows', () => late.highest === 9);
  await Promise.all([watch.close(), late.close()]);
  await log.close();
});
