import { streamId } from '@topicast/contracts/stream-id';
import type { NewRecord } from '@topicast/log';
import type { Chunk } from '@topicast/media/mpegts';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import type { QueueLimits } from './queue.js';
import { SteadyClock } from './steady-clock.js';
import { StreamPublisher } from './stream-publisher.js';

/** One packet of video. */
const picture = (index: number): Chunk => {
  const data = new Uint8Array(188);
  data.set([0x47, 0x01, 0x00, 0x10]);
  return chunkOf(index, { data, keyframe: index % 3 === 0, sinceKeyframe: index % 3 });
};

/** A log with one partition per rendition; the stalled one answers when it is told to. */
function setUp({
  lastGop = async () => 0,
  stalled,
  limits,
}: {
  lastGop?: () => Promise<number>;
  stalled?: number;
  limits?: QueueLimits;
}) {
  const stored: NewRecord[][] = [[], [], []];
  let release: () => void = () => undefined;
  const stall = new Promise<void>((resolve) => {
    release = resolve;
  });
  const publisher = new StreamPublisher({
    log: {
      async append(_stream, rendition, records) {
        if (rendition === stalled) await stall;
        stored[rendition]!.push(...records);
        return 0;
      },
    },
    stream: streamId('a'),
    clock: new SteadyClock(),
    logger: pino({ enabled: false }),
    onUnknownTopic: async () => 'stop',
    lastGop,
    ...(limits && { limits }),
  });
  const begin = (session: number): void =>
    publisher.beginSession({ session, renditions: 3, onRecord: () => undefined });
  const push = (from: number, to: number): void => {
    for (let index = from; index < to; index++)
      for (const rendition of [0, 1, 2]) publisher.push(rendition, picture(index));
  };
  return { publisher, stored, begin, push, release };
}

it('gives a picture the same header in every rendition', async () => {
  const { publisher, stored, begin, push } = setUp({ lastGop: async () => 41 });
  begin(1000);
  push(0, 7);
  await publisher.close();
  const headers = stored.map((records) => records.map(({ header }) => header));
  expect(headers[0]!.map(({ gop }) => gop)).toEqual([42, 42, 42, 43, 43, 43, 44]);
  expect(headers[1]).toEqual(headers[0]);
  expect(headers[2]).toEqual(headers[0]);
});

it('asks for the last GOP number only when the first chunk is there', async () => {
  let inLog = 5;
  const { publisher, stored, begin, push } = setUp({ lastGop: async () => inLog });
  begin(1000);
  // The encoder that is taken over from goes on until then.
  inLog = 6;
  push(0, 1);
  await publisher.close();
  expect(stored[0]!.map(({ header }) => header.gop)).toEqual([7]);
});

it('counts GOPs from its own numbers if the log cannot be read', async () => {
  const answers = [async () => 5, () => Promise.reject(new Error('away'))];
  const { publisher, stored, begin, push } = setUp({ lastGop: () => answers.shift()!() });
  begin(1000);
  push(0, 4);
  await until('the first session is in the log', () => stored[2]!.length === 4);
  begin(1001);
  push(0, 1);
  await publisher.close();
  expect(stored[2]!.map(({ header }) => header.gop)).toEqual([6, 6, 6, 7, 8]);
});

it('counts what waits for a number as dropped when another encoder begins', async () => {
  let answer: (gop: number) => void = () => undefined;
  const first = new Promise<number>((resolve) => {
    answer = resolve;
  });
  const answers = [() => first, async () => 9];
  const { publisher, stored, begin, push } = setUp({ lastGop: () => answers.shift()!() });
  begin(1000);
  push(0, 2);
  expect(publisher.state.dropped).toBe(0);
  begin(1001);
  expect(publisher.state.dropped).toBe(2 * 3);
  push(0, 1);
  await until('the second session is in the log', () => stored[0]!.length === 1);
  answer(9);
  await publisher.close();
  expect(publisher.state.dropped).toBe(2 * 3);
  expect(stored[0]!.map(({ header }) => [header.session, header.gop])).toEqual([[1001, 10]]);
});

it('keeps only so much while it waits for the number', async () => {
  let answer: (gop: number) => void = () => undefined;
  const lastGop = () =>
    new Promise<number>((resolve) => {
      answer = resolve;
    });
  const { publisher, stored, begin, push } = setUp({ lastGop, limits: { bytes: 188 * 30, spanMs: 30_000 } });
  begin(1000);
  push(0, 300);
  const { dropped } = publisher.state;
  expect(dropped).toBeGreaterThan(800);
  answer(7);
  await publisher.close();
  const headers = stored[0]!.map(({ header }) => header);
  expect(headers[0]).toMatchObject({ gop: 8, keyframe: true, discontinuity: true });
  expect(stored.flat().length + publisher.state.dropped).toBe(300 * 3);
});

it('gives way when what is on its way is in the log, and writes nothing after it', async () => {
  const { publisher, stored, begin, push, release } = setUp({ stalled: 1 });
  begin(1000);
  push(0, 30);
  await until('the others are in the log', () => stored[0]!.length === 30 && stored[2]!.length === 30);
  let isQuiet = false;
  const quiet = publisher.giveWay().then(() => {
    isQuiet = true;
  });
  push(30, 60);
  await Promise.resolve();
  expect(isQuiet).toBe(false);
  release();
  await quiet;
  await publisher.close();
  expect(stored.map((records) => records.length)).toEqual([30, 30, 30]);
  // The one that takes over has the same pictures.
  expect(publisher.state.dropped).toBe(0);
});

it('does not hold one rendition back for another whose partition does not answer', async () => {
  const { publisher, stored, begin, push, release } = setUp({ stalled: 1 });
  begin(1000);
  push(0, 30);
  await until('the others are in the log', () => stored[0]!.length === 30 && stored[2]!.length === 30);
  expect(stored[1]).toEqual([]);
  release();
  await publisher.close();
  expect(stored[1]).toHaveLength(30);
});
