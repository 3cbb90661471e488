import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@topicast/contracts/config';
import type { StreamInfo } from '@topicast/contracts/http';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { SyncNews } from '@topicast/contracts/sync';
import { milliseconds } from '@topicast/contracts/units';
import { type Gateway, readGatewayConfig, startGateway, startGatewayCluster } from '@topicast/gateway';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteExactViewer } from '../support/byte-exact-viewer.js';
import { bundleScript } from '../support/child-script.js';
import { untilAllExact } from '../support/exactness.js';
import { openLiveSocket, say } from '../support/live-socket.js';
import { numberedChunk } from '../support/numbered-chunks.js';
import { until } from '../support/poll.js';
import { childrenOf } from '../support/processes.js';
import { logger, OPERATOR_TOKEN } from '../support/services.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.js';

const WORKERS = 2;
const CHUNK_BYTES = 6_000;
const SESSION = 1_795_000_000_000;
let streams = 0;

describe('a gateway of two processes', () => {
  let script: string;
  let folder: TemporaryFolder;
  let log: ChunkLog;
  let gateway: Gateway;
  let stream: StreamId;
  let written: number;
  const viewers: ByteExactViewer[] = [];

  const options = (environment: Record<string, string> = {}) => ({
    log,
    config: readGatewayConfig({
      TOPICAST_DATA_DIR: folder.path,
      TOPICAST_GATEWAY_PORT: '0',
      TOPICAST_DRAIN_SECONDS: '5',
      ...environment,
    }),
    logger,
    operatorToken: OPERATOR_TOKEN,
  });
  const start = (environment?: Record<string, string>): Promise<Gateway> =>
    startGatewayCluster({ ...options(environment), workers: WORKERS, script });

  beforeAll(async () => {
    script = await bundleScript(fileURLToPath(new URL('../support/gateway-worker.ts', import.meta.url)));
    folder = temporaryFolder();
    log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  });
  afterAll(async () => {
    await log?.close();
    folder?.[Symbol.dispose]();
  });
  beforeEach(async () => {
    stream = streamId(`film-${streams++}`);
    written = 0;
    await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(3_600_000) });
    gateway = await start();
  });
  afterEach(async () => {
    for (const viewer of viewers.splice(0)) viewer.close();
    await gateway?.close();
  });

  const publish = async (count: number, everyMs = 5): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await log.append(stream, 0, [numberedChunk(SESSION, written, CHUNK_BYTES, Date.now())]);
      written += 1;
      await sleep(everyMs);
    }
  };
  const url = (route: string, at = gateway): string => `http://127.0.0.1:${at.port}${route}`;
  const live = (at = gateway): string => `ws://127.0.0.1:${at.port}/live/${stream}`;
  const watch = (...addresses: string[]): ByteExactViewer => {
    const viewer = new ByteExactViewer(addresses.length > 0 ? addresses : [live()]);
    viewers.push(viewer);
    return viewer;
  };
  const known = () =>
    until('the stream is known to the workers', async () => {
      const answers = Array.from({ length: WORKERS * 2 }, () => fetch(url(`/api/streams/${stream}`)));
      return (await Promise.all(answers)).every(({ ok }) => ok);
    });
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(url('/metrics'))).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const allExact = () =>
    untilAllExact(viewers, () => ({ session: SESSION, chunkBytes: CHUNK_BYTES, count: written }));
  const workers = (): number[] =>
    childrenOf(process.pid)
      .filter(({ command }) => command.includes(script))
      .map(({ pid }) => pid);

  it('makes one of several changes of a stream at the same time, and tells the others', async () => {
    const headers = {
      authorization: `Bearer ${OPERATOR_TOKEN}`,
      'content-type': 'application/json',
      // The next one may go to the other process.
      connection: 'close',
    };
    const call = (method: string, route: string, body?: object) =>
      fetch(url(route), { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const each = <Answer>(ask: (index: number) => Promise<Answer>) =>
      Promise.all(Array.from({ length: WORKERS * 3 }, (_, index) => ask(index)));
    await call('POST', '/api/streams', { id: stream, source: { kind: 'topic' } });
    for (let version = 0; version < 10; version += 1) {
      const shown = () =>
        each(async () => (await (await call('GET', `/api/streams/${stream}`)).json()) as StreamInfo);
      await until('all processes show it', async () =>
        (await shown()).every((info) => info.version === version),
      );
      const answers = await each((index) =>
        call('PATCH', `/api/streams/${stream}`, { version, title: `${version} by ${index}` }),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(WORKERS * 3 - 1).fill(409)]);
      const made = (await answers.find(({ status }) => status === 200)!.json()) as StreamInfo;
      await until('all processes agree', async () =>
        (await shown()).every(({ title }) => title === made.title),
      );
    }
  });

  it('gives every viewer every chunk in order, and reads each from the log once', async () => {
    await publish(100, 0);
    await known();
    for (let n = 0; n < 20; n += 1) watch();
    await until('all are there', () => viewers.every(({ arrivals }) => arrivals.length >= 10));
    // Until then each worker reads the start of the stream by itself.
    await publish(100);
    await allExact();
    const before = await metric('topicast_gateway_reader_records_total');
    const publishing = publish(300);
    await sleep(400);
    for (let n = 0; n < 20; n += 1) watch();
    await publishing;
    await allExact();

    expect(await metric('topicast_gateway_viewers')).toBe(40);
    expect(workers().every((pid) => socketsOf(pid) >= 10)).toBe(true);
    expect((await metric('topicast_gateway_reader_records_total')) - before).toBe(300);
    expect(await metric('topicast_gateway_sent_chunks_total')).toBe(
      viewers.reduce((sum, { arrivals }) => sum + arrivals.length, 0),
    );
    expect(await metric('topicast_gateway_workers')).toBe(WORKERS);
    await until('viewers are counted over the workers', async () => {
      const answers = await Promise.all(
        Array.from({ length: WORKERS }, async () => (await fetch(url(`/api/streams/${stream}`))).json()),
      );
      return answers.every((answer) => (answer as { viewers: number }).viewers === 40);
    });
  });

  it('a group of players is one over all workers', async () => {
    await known();
    const news: (SyncNews | undefined)[] = [];
    const sockets = [140, 180, 530, 90].map((needs, index) => {
      const socket = openLiveSocket(live(), {
        chunk: () => undefined,
        message: (message) => {
          if (message.type === 'sync') news[index] = message;
        },
      });
      return socket.on('open', () => say(socket, { type: 'sync', group: 'lobby', needs }));
    });
    await until('all know of all', () =>
      sockets.every((_, index) => news[index]?.delay === 550 && news[index]?.members === 4),
    );
    for (const socket of sockets) socket.terminate();
  });

  it('a worker killed: its viewers resume at their place, and it is replaced', async () => {
    await known();
    for (let n = 0; n < 12; n += 1) watch();
    const publishing = publish(600);
    await until('all are watching', () => viewers.every(({ arrivals }) => arrivals.length > 50));
    const [victim] = workers();
    process.kill(victim!, 'SIGKILL');
    await publishing;
    await allExact();
    const moved = viewers.filter(({ endings }) => endings.length > 0).length;
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(12);
    await until('there are two again', async () => (await metric('topicast_gateway_workers')) === WORKERS);
    expect(workers()).not.toContain(victim);
    expect(await metric('topicast_gateway_worker_deaths_total')).toBe(1);
  });

  it('a worker that hangs for a while: the others go on, and it finds its way back through the log', async () => {
    await known();
    for (let n = 0; n < 8; n += 1) watch();
    await publish(60);
    await until('all are watching', () => viewers.every(({ arrivals }) => arrivals.length > 30));
    const [victim] = workers();
    process.kill(victim!, 'SIGSTOP');
    const publishing = publish(400, 4);
    await until('others go on', () => viewers.filter(({ arrivals }) => arrivals.length > 300).length >= 3);
    process.kill(victim!, 'SIGCONT');
    await publishing;
    await publish(60, 10);
    // Viewers of the stopped worker may have skipped ahead because of their lag, but nothing came twice.
    await until('everybody is at the end', () =>
      viewers.every(({ arrivals }) => arrivals.at(-1)?.sequence === written - 1),
    );
    for (const { arrivals } of viewers) {
      expect(arrivals.every(({ sequence }, n) => n === 0 || sequence > arrivals[n - 1]!.sequence)).toBe(true);
    }
  });

  it('goes down: viewers move to another gateway without missing a chunk, and all processes end', async () => {
    await known();
    const other = await startGateway(options({ TOPICAST_DRAIN_SECONDS: '0' }));
    for (let n = 0; n < 10; n += 1) watch(live(), live(other));
    const publishing = publish(400);
    await until('all are watching', () => viewers.every(({ arrivals }) => arrivals.length > 30));
    await gateway.close();
    await publishing;
    await allExact();
    expect(viewers.every(({ endings }) => endings.length === 1 && endings[0]?.why === 'left')).toBe(true);
    await expect(fetch(url('/healthz'))).rejects.toThrow();
    for (const viewer of viewers) viewer.close();
    await other.close();
    expect(workers()).toEqual([]);
  });

  it('a viewer without another gateway is closed in the end, and resumes on the one that follows', async () => {
    await known();
    const viewer = watch();
    await publish(40);
    await allExact();
    const { port } = gateway;
    await gateway.close();
    expect(viewer.endings.some(({ why }) => why === 'closed with 1001')).toBe(true);
    const publishing = publish(100);
    gateway = await start({ TOPICAST_GATEWAY_PORT: String(port) });
    await publishing;
    await publish(20);
    await allExact();
  });

  it('leaves no process behind when its start is ended', async () => {
    const pids = (): number[] => childrenOf(process.pid).map(({ pid }) => pid);
    const before = pids();
    const stop = new AbortController();
    const starting = startGatewayCluster({ ...options(), workers: WORKERS, script, signal: stop.signal });
    const ended = expect(starting).rejects.toThrow('enough');
    await until('a process begins', () => pids().length > before.length, { everyMs: 5 });
    stop.abort(new Error('enough'));
    await ended;
    expect(pids()).toEqual(before);
  });

  it('says in one line that its port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until('it listens', () => taken.listening);
    const { port } = taken.address() as { port: number };
    const starting = start({ TOPICAST_GATEWAY_PORT: String(port) });
    await expect(starting).rejects.toThrow(ConfigError);
    await expect(starting).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    taken.close();
  });
});

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => readlinkSync(path.join(folder, name)).startsWith('socket:'))
    .length;
}
