import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import { startServices } from '@topicast/test/services';
import { temporaryFolder } from '@topicast/test/temporary';
import { WebSocketServer } from 'ws';
import { makeChunk, makeNoise, type StreamShape } from './chunk.js';

/** What a server process should be: its first argument, as JSON. */
export interface ServerChoice {
  readonly kind: 'topicast' | 'naive' | 'node-media-server';
  readonly shape: StreamShape;
}

/** The requests to a server process. */
export type Question = 'work' | 'memory';

/** What it has done so far. */
export interface Work {
  /** CPU time of the process when it was asked and when it answered; in between it looked up its counts. */
  readonly cpuMs: { readonly asked: number; readonly answered: number };
  /** Topicast only: chunks sent to viewers, and the writes that they took. */
  readonly chunks?: number;
  readonly writes?: number;
}

/** Its memory; on Node.js after garbage collection, which an idle server would not do by itself. */
export interface Memory {
  readonly residentBytes: number;
  /** Of Node's: what lives on the heap and outside of it, without what is free and without what buffers hold. */
  readonly heldBytes?: number;
  /** Of Node's: what buffers hold. Nearly all of it is frames, which viewers share. */
  readonly bufferBytes?: number;
}

interface Server {
  readonly port: number;
  /** There is none if the server publishes by itself. */
  readonly publish?: (number: number) => void;
  readonly rtmpPort?: number;
  readonly counts?: () => Promise<Pick<Work, 'chunks' | 'writes'>>;
}

const { kind, shape } = JSON.parse(process.argv[2] ?? '') as ServerChoice;
const noise = makeNoise(shape);

/** Our server, with an embedded log in the same process: each chunk goes the whole way. */
async function topicast(): Promise<Server> {
  const environment = { TOPICAST_MAX_VIEWERS: '20000' };
  const services = await startServices({ environment });
  const id = streamId('bench');
  const { status } = await services.api('POST', '/api/streams', { id, source: { kind: 'topic' } });
  if (status !== 201) throw new Error(`the stream could not be created: ${status}`);
  const session = Date.now();
  const { port } = services.gateway;
  const perSecond = shape.chunksPerSecond;
  return {
    port,
    publish(number) {
      const sinceKeyframe = number % perSecond;
      const header = headerOf(number, {
        ...{ session, sinceKeyframe },
        keyframe: sinceKeyframe === 0,
        decodeTime: ticks90k((number * 90_000) / perSecond),
        wallClock: milliseconds(Date.now()),
      });
      const value = makeChunk(shape, noise, number);
      services.log.append(id, 0, [{ header, value }]).catch(() => process.exit(1));
    },
    async counts() {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const sum = (name: string) =>
        text
          .split('\n')
          .filter((line) => line.startsWith(`topicast_gateway_${name}`))
          .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
      return {
        chunks: sum('sent_chunks_total'),
        writes: sum('writes_total'),
      };
    },
  };
}

/** What anyone would write first: `ws.send` to each viewer. */
async function naive(): Promise<Server> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    publish(number) {
      const chunk = makeChunk(shape, noise, number);
      for (const client of server.clients) client.send(chunk);
    },
  };
}

/** node-media-server with its defaults, without its console: RTMP in, FLV over WebSockets out. */
async function nodeMediaServer(): Promise<Server> {
  const { default: NodeMediaServer } = await import('node-media-server');
  const [port, rtmpPort] = [await freePort(), await freePort()];
  const server = new NodeMediaServer({
    bind: '127.0.0.1',
    rtmp: { port: rtmpPort },
    http: { port },
    webadmin: { enable: false },
    store: { path: temporaryFolder().path },
  });
  server.run();
  return { port, rtmpPort };
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const start = { topicast, naive, 'node-media-server': nodeMediaServer }[kind];
const { port, publish, rtmpPort, counts } = await start();
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
async function work(): Promise<Work> {
  const asked = cpuMs();
  const counted = await counts?.();
  return { cpuMs: { asked, answered: cpuMs() }, ...counted };
}

async function memory(): Promise<Memory> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    // Finalizers run between two turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss: residentBytes, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { residentBytes, heldBytes: heapUsed + external - arrayBuffers, bufferBytes: arrayBuffers };
}

process.on('message', async (question: Question) =>
  process.send?.(question === 'work' ? await work() : await memory()),
);
process.on('disconnect', () => process.exit(0));
process.send?.({ port, rtmpPort });
const began = performance.now();
for (let number = 0; publish && shape.chunksPerSecond > 0; number += 1) {
  const wait = began + (number * 1000) / shape.chunksPerSecond - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  publish(number);
}
