import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { LogError } from '../chunk-log.js';
import { openEmbeddedLog } from '../embedded/index.js';
import { newStream, record, SETTINGS } from '../testing/support.js';
import { LogServer } from './log-server.js';
import { RemoteLog } from './remote-log.js';

afterEach(() => void vi.useRealTimers());

const WORKERS = 5;

/** A log, and what the workers of a gateway see of it. */
async function serve() {
  const folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: folder.path });
  const server = await LogServer.start(log, pino({ enabled: false }));
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => RemoteLog.connect(server.address)));
  const asked = { topics: vi.spyOn(log, 'topics'), ends: vi.spyOn(log, 'ends') };
  return {
    ...{ log, workers, asked },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker.close();
      await server.close();
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}

it('the log gets each question once per round, even if all workers ask it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  await using served = await serve();
  const { log, workers, asked } = served;
  const [one, other] = [newStream(), newStream()];
  for (const stream of [one, other]) await log.createTopic(stream, { ...SETTINGS, partitions: 1 });
  for (let round = 1; round <= 3; round += 1) {
    await log.append(one, 0, [record(round)]);
    const all = await Promise.all(workers.map((worker) => worker.topics()));
    for (const [n, worker] of workers.entries()) {
      expect(all[n]!.toSorted()).toEqual([one, other].sort());
      // Each has found the topics in an order of its own.
      const ends = await worker.ends(n % 2 ? [one, other] : [other, one]);
      expect([ends.get(one), ends.get(other)]).toEqual([[round], [0]]);
    }
    expect([asked.topics.mock.calls.length, asked.ends.mock.calls.length]).toEqual([round, round]);
    // Even without time in between, a new round of the same workers sees what is new.
    if (round > 1) vi.advanceTimersByTime(1_000);
  }
});

it('an answer is not given after a change of topics, nor a failure again, nor anything after a second', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  await using served = await serve();
  const [first, second, third, fourth] = served.workers as [RemoteLog, RemoteLog, RemoteLog, RemoteLog];
  const stream = newStream();
  expect(await first.topics()).toEqual([]);
  await first.createTopic(stream, SETTINGS);
  expect(await second.topics()).toEqual([stream]);
  await second.deleteTopic(stream);
  expect(await third.topics()).toEqual([]);

  served.asked.topics.mockRejectedValueOnce(new LogError('unavailable', 'away'));
  await expect(third.topics()).rejects.toMatchObject({ code: 'unavailable' });
  // By somebody who does not go through this server.
  await served.log.createTopic(stream, SETTINGS);
  expect(await first.topics()).toEqual([stream]);
  await served.log.deleteTopic(stream);
  expect(await second.topics()).toEqual([stream]);
  vi.advanceTimersByTime(1_000);
  expect(await fourth.topics()).toEqual([]);
});
