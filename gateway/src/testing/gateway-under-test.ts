import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import {
  PRODUCER_SILENCE_MS,
  type ProducerHeartbeat,
  producerKey,
  STATUS_TABLE,
  STREAMS_TABLE,
  type StreamRow,
  type StreamStatus,
  streamStatusKey,
} from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { type TemporaryFolder, temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { readGatewayConfig } from '../config.js';
import { type Gateway, startGateway } from '../gateway.js';
import { type ChunkChoice, recordOf } from './chunks.js';

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';
export const DEMO = streamId('demo');

/** A gateway on an embedded log; both end with the test (`await using`). */
export class GatewayUnderTest implements AsyncDisposable {
  readonly #environment: Record<string, string>;
  #current: Gateway | undefined;
  readonly logLines: string[] = [];
  readonly #ownsLog: boolean;
  #sequence = 0;

  private constructor(
    readonly folder: TemporaryFolder,
    readonly log: ChunkLog,
    environment: Record<string, string>,
    current: Gateway | undefined,
    ownsLog: boolean,
  ) {
    this.#environment = environment;
    this.#current = current;
    this.#ownsLog = ownsLog;
  }

  /** @param of another gateway whose log this one shares */
  static async start(
    environment: Record<string, string> = {},
    of?: GatewayUnderTest,
  ): Promise<GatewayUnderTest> {
    const folder = temporaryFolder();
    const log = of?.log ?? (await openEmbeddedLog({ directory: join(folder.path, 'log') }));
    const test = new GatewayUnderTest(
      folder,
      log,
      { ...environment, TOPICAST_DATA_DIR: folder.path },
      undefined,
      of === undefined,
    );
    await test.startGateway();
    return test;
  }

  async startGateway(): Promise<void> {
    const port = this.#current?.port ?? 0;
    const config = readGatewayConfig({ ...this.#environment, TOPICAST_GATEWAY_PORT: String(port) });
    const write = (line: string): void => void this.logLines.push(line);
    const logger = pino({ level: 'debug' }, { write });
    this.#current = await startGateway({ log: this.log, config, logger, operatorToken: OPERATOR_TOKEN });
  }

  async closeGateway(): Promise<void> {
    const gateway = this.#current;
    await gateway?.close();
    if (this.#current === gateway) this.#current = undefined;
  }

  async restartGateway(): Promise<void> {
    await this.#current?.close();
    await this.startGateway();
  }

  get port(): number {
    return this.#current!.port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  live(path: string): string {
    return `ws://127.0.0.1:${this.port}/live/${path}`;
  }

  /** A stream with a topic, as a producer would have it. */
  async addStream(id = DEMO, row: Partial<StreamRow> = {}, partitions = 1): Promise<void> {
    const streams = await this.log.table(STREAMS_TABLE);
    const createdAt = new Date().toISOString();
    const defaults = {
      title: 'Demo',
      source: { kind: 'test' },
      enabled: true,
      startCount: 0,
      visibility: 'public',
    };
    await this.log.createTopic(id, { partitions, retentionMs: milliseconds(600_000) });
    await streams.put(id, JSON.stringify({ id, createdAt, ...defaults, ...row }));
  }

  async setStatus(status: Partial<StreamStatus>, id = DEMO): Promise<void> {
    const table = await this.log.table(STATUS_TABLE);
    await table.put(streamStatusKey(id), JSON.stringify({ producer: 'p1', state: 'live', ...status }));
  }

  async heartbeat(age = 0, more: Partial<ProducerHeartbeat> = {}): Promise<void> {
    const table = await this.log.table(STATUS_TABLE);
    const at = new Date(Date.now() - age).toISOString();
    await table.put(producerKey('p1'), JSON.stringify({ at, ...more }));
  }

  /** Append chunks of a session, one append each; every `gop`th is a keyframe. */
  async publish(chunks: number, { gop = 10, ...choice }: ChunkChoice & { gop?: number } = {}): Promise<void> {
    for (let count = 0; count < chunks; count += 1) {
      const sequence = this.#sequence;
      this.#sequence += 1;
      const startedAt = Date.now() - sequence * 40;
      await this.log.append(DEMO, 0, [
        recordOf(sequence, { keyframe: sequence % gop === 0, startedAt, ...choice }),
      ]);
    }
  }

  /** The next chunks come from a new encoder. */
  startSession(): void {
    this.#sequence = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.close();
    if (this.#ownsLog) await this.log.close();
    this.folder[Symbol.dispose]();
  }
}

export const longSilent = PRODUCER_SILENCE_MS * 2;
