import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { type Gateway, readGatewayConfig, startGateway } from '@topicast/gateway';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { type CommandLineInput, type Producer, readProducerConfig, startProducer } from '@topicast/producer';
import { pino } from 'pino';
import { until } from './poll.js';
import { temporaryFolder } from './temporary.js';

export const OPERATOR_TOKEN = 'operator-token-for-tests-only';
export const logger = pino({ level: process.env.TOPICAST_LOG_LEVEL || 'silent' }, pino.destination(2));

export interface Services {
  readonly log: ChunkLog;
  readonly gateway: Gateway;
  readonly producer: Producer;
  /** `ws://127.0.0.1:PORT/live/ID` */
  address(id: string): string;
  /** Call the HTTP API as the operator. */
  api(method: string, route: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** Resolves when the API says so about the stream. */
  untilState(id: string, state: string): Promise<Record<string, unknown>>;
  /** Another gateway on the same log, which gives its viewers this many seconds to move when it is closed. */
  anotherGateway(drainSeconds: number): Promise<{ gateway: Gateway; address(id: string): string }>;
  /** End the gateway and start another one on the same port. */
  restartGateway(downForMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Producer and gateway in this process, on one log: an embedded one in a temporary folder unless given. */
export async function startServices(
  options: {
    log?: ChunkLog;
    inputs?: readonly CommandLineInput[];
    environment?: Record<string, string>;
  } = {},
): Promise<Services> {
  const folder = temporaryFolder();
  const environment = {
    FFMPEG_PATH: process.env.FFMPEG_PATH,
    TOPICAST_DATA_DIR: folder.path,
    TOPICAST_GATEWAY_PORT: '0',
    TOPICAST_RTMP_PORT: '0',
    TOPICAST_CAMERA_PORT: '0',
    // Loading WebRTC takes most of a second.
    TOPICAST_WHIP_PORT: 'off',
    ...options.environment,
  };
  const log = options.log ?? (await openEmbeddedLog({ directory: path.join(folder.path, 'log'), logger }));
  const producer = await startProducer({
    log,
    config: readProducerConfig(environment),
    logger,
    inputs: options.inputs ?? [],
  });
  const open = (port: number, more: Record<string, string> = {}) =>
    startGateway({
      log,
      config: readGatewayConfig({ ...environment, TOPICAST_GATEWAY_PORT: String(port), ...more }),
      logger,
      operatorToken: OPERATOR_TOKEN,
    });
  let gateway = await open(0);
  const { port } = gateway;

  const api: Services['api'] = async (method, route, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${OPERATOR_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  };

  return {
    log,
    producer,
    get gateway() {
      return gateway;
    },
    address: (id) => `ws://127.0.0.1:${port}/live/${id}`,
    api,
    untilState: (id, state) =>
      until(`stream ${id} is ${state}`, async () => {
        const { body } = await api('GET', `/api/streams/${id}`);
        const stream = body as Record<string, unknown>;
        return stream.state === state && stream;
      }),
    async anotherGateway(drainSeconds) {
      const other = await open(0, { TOPICAST_DRAIN_SECONDS: String(drainSeconds) });
      return { gateway: other, address: (id) => `ws://127.0.0.1:${other.port}/live/${id}` };
    },
    async restartGateway(downForMs = 0) {
      await gateway.close();
      await new Promise((resolve) => setTimeout(resolve, downForMs));
      gateway = await open(port);
    },
    async close() {
      await producer.close();
      await gateway.close();
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}

/** A moving test picture with sound, like that of `npm start`. */
export const testInput = (id: string): CommandLineInput => ({
  id: streamId(id),
  title: id,
  source: { kind: 'test' },
});
