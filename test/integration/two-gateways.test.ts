import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ByteExactViewer } from '../support/byte-exact-viewer.js';
import { endWithUs } from '../support/end-with-us.js';
import { untilAllExact } from '../support/exactness.js';
import { freePorts } from '../support/free-ports.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { numberedChunk } from '../support/numbered-chunks.js';
import { until } from '../support/poll.js';
import { childrenOf, isRunning } from '../support/processes.js';
import { REPOSITORY } from '../support/root.js';
import { logger } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';
import { TwoWayViewer, WORKER_GLOBALS } from './two-way-viewer.js';

const reason = kafkaUnavailable();
const STREAM = streamId('numbers');
const CHUNK_BYTES = 6_000;
const SESSION = 1_795_000_000_000;
/** One connection would notice a gateway that hangs after 1.5 s at the soonest. */
const FREEZE_MS = 1_000;

describe.skipIf(reason)(`two gateways on one Kafka${reason ? ` (${reason})` : ''}`, () => {
  const folder = temporaryFolder();
  let broker: Broker;
  let log: ChunkLog;
  let ports: number[];
  const children: ChildProcess[] = [];
  const viewers: ByteExactViewer[] = [];
  let written = 0;

  beforeAll(async () => {
    broker = await startKafka();
    log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
    await log.createTopic(STREAM, { partitions: 1, retentionMs: milliseconds(3_600_000) });
    ports = await freePorts(2);
  });
  afterAll(async () => {
    for (const viewer of viewers) viewer.close();
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => until('it has ended', () => hasEnded(child))));
    await log?.close();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  const start = async (index: number, workers: number): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [join(REPOSITORY, 'start/dist/gateway.js')], {
      env: {
        ...process.env,
        KAFKA_BROKERS: broker.brokers,
        TOPICAST_DATA_DIR: join(folder.path, `${index}`),
        TOPICAST_GATEWAY_PORT: String(ports[index]),
        TOPICAST_GATEWAY_WORKERS: String(workers),
        TOPICAST_DRAIN_SECONDS: '5',
      },
      stdio: ['ignore', 'ignore', process.env.TOPICAST_LOG_LEVEL ? 'inherit' : 'ignore'],
    });
    endWithUs(child);
    children.push(child);
    await until('the gateway knows the stream', async () => {
      const response = await fetch(`http://127.0.0.1:${ports[index]}/api/streams/${STREAM}`);
      return response.ok;
    });
    return child;
  };
  const publish = async (count: number, until?: AbortSignal): Promise<void> => {
    for (let n = 0; n < count && !until?.aborted; n += 1) {
      await log.append(STREAM, 0, [numberedChunk(SESSION, written, CHUNK_BYTES, Date.now())]);
      written += 1;
      await sleep(10);
    }
  };
  const addresses = (...indexes: number[]): string[] =>
    indexes.map((index) => `ws://127.0.0.1:${ports[index]}/live/${STREAM}`);
  const watch = (...indexes: number[]): void => {
    viewers.push(new ByteExactViewer(addresses(...indexes)));
  };
  const untilWatching = (): Promise<unknown> => {
    const from = written;
    return until('all are watching', () =>
      viewers.every(({ arrivals }) => (arrivals.at(-1)?.sequence ?? -1) >= from),
    );
  };
  const allExact = (all: Parameters<typeof untilAllExact>[0] = viewers) =>
    untilAllExact(all, () => ({ session: SESSION, chunkBytes: CHUNK_BYTES, count: written }));

  it('viewers continue at the other one exactly where they were, whichever is killed or ends', async () => {
    await publish(40);
    const alone = await start(0, 1);
    const clustered = await start(1, 2);
    for (let n = 0; n < 6; n += 1) watch(0, 1);
    let publishing = publish(600);
    await untilWatching();

    // The only process of a gateway.
    alone.kill('SIGKILL');
    await publishing;
    await allExact();
    expect(viewers.every(({ endings }) => endings.length > 0)).toBe(true);

    // The process that reads the log, in a gateway of several processes: its workers end with it.
    const again = await start(0, 1);
    const workers = childrenOf(clustered.pid!).map(({ pid }) => pid);
    expect(workers).toHaveLength(2);
    publishing = publish(400);
    await untilWatching();
    clustered.kill('SIGKILL');
    await publishing;
    await allExact();
    await until('its workers are gone', () => workers.every((pid) => !isRunning(pid)));

    // In order: viewers are told to move.
    await start(1, 2);
    for (const { endings } of viewers) endings.length = 0;
    publishing = publish(400);
    await untilWatching();
    again.kill('SIGTERM');
    await once(again, 'exit');
    await publishing;
    await allExact();
    for (const { endings } of viewers)
      expect(endings.map(({ why }) => why)).toEqual(endings.map(() => 'left'));
  });

  it('viewers of both at once do not notice that one is killed, is back, or hangs', async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => until('it has ended', () => hasEnded(child))));
    const [first, second] = [await start(0, 1), await start(1, 1)];
    vi.stubGlobal('WebSocket', WORKER_GLOBALS.WebSocket);
    vi.stubGlobal('self', WORKER_GLOBALS.self);
    const viewers = [0, 1, 2].map(() => new TwoWayViewer(addresses(0, 1)));
    const untilWays = (open: readonly boolean[]) =>
      until(`the ways are ${open}`, () =>
        viewers.every(({ ways }) => ways.every((way, index) => way.open === open[index])),
      );
    const enough = new AbortController();
    const publishing = publish(Number.POSITIVE_INFINITY, enough.signal);
    await untilWays([true, true]);
    const from = written;
    first.kill('SIGKILL');
    await untilWays([false, true]);
    await start(0, 1);
    await untilWays([true, true]);
    const hasCarried = (way: number) =>
      until(`way ${way} has carried its part`, () => viewers.every(({ ways }) => ways[way]!.first > 100));
    await hasCarried(1);
    second.kill('SIGSTOP');
    await Promise.all([sleep(3_000), hasCarried(0)]);
    enough.abort();
    await publishing;
    await allExact(viewers);
    second.kill('SIGCONT');
    for (const { arrivals, noticed } of viewers) {
      expect(noticed).toEqual(['connecting', 'open', 'joined']);
      const times = arrivals.filter(({ sequence }) => sequence >= from).map(({ at }) => at);
      expect(Math.max(...times.slice(1).map((at, index) => at - times[index]!))).toBeLessThan(FREEZE_MS);
    }
    for (const viewer of viewers) viewer.close();
    vi.unstubAllGlobals();
  });
});

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
