import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import {
  PRODUCER_SILENCE_MS,
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
import { pino } from 'pino';
import { readGatewayConfig } from '../config.js';
import { type Gateway, startGateway } from '../gateway.js';
import { type ChunkChoice, recordOf } from './chunks.js';

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';
export const DEMO = streamId('demo');

/** A gateway on an embedded log; both end with the test (`await using`). */
export class GatewayUnderTest implements AsyncDisposable {
  readonly logLines: string[] = [];
  #sequence = 0;

  private constructor(
    readonly directory: string,
    readonly log: ChunkLog,
    private readonly environment: Record<string, string>,
    private current: Gateway | undefined,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<GatewayUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'topicast-gateway-'));
    const log = await openEmbeddedLog({ directory: join(directory, 'log') });
    const test = new GatewayUnderTest(
      directory,
      log,
      { ...environment, TOPICAST_DATA_DIR: directory },
      undefined,
    );
    await test.startGateway();
    return test;
  }

  async startGateway(): Promise<void> {
    const port = this.current?.port ?? 0;
    const config = readGatewayConfig({ ...this.environment, TOPICAST_GATEWAY_PORT: String(port) });
    const write = (line: string): void => void this.logLines.push(line);
    const logger = pino({ level: 'debug' }, { write });
    this.current = await startGateway({ log: this.log, config, logger, operatorToken: OPERATOR_TOKEN });
  }

  async closeGateway(): Promise<void> {
    const gateway = this.current;
    await gateway?.close();
    if (this.current === gateway) this.current = undefined;
  }

  async restartGateway(): Promise<void> {
    await this.current?.close();
    await this.startGateway();
  }

  get port(): number {
    return this.current!.port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  live(path: string): string {
    return `ws://127.0.0.1:${this.port}/live/${path}`;
  }

  /** A stream with a topic, as a producer would create it. */
  async addStream(id = DEMO, row: Partial<StreamRow> = {}): Promise<void> {
    const streams = await this.log.table(STREAMS_TABLE);
    const createdAt = new Date().toISOString();
    const defaults = {
      title: 'Demo',
      source: { kind: 'test' },
      enabled: true,
      startCount: 0,
      visibility: 'public',
    };
    await this.log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
    await streams.put(id, JSON.stringify({ id, createdAt, ...defaults, ...row }));
  }

  async setStatus(status: Partial<StreamStatus>, id = DEMO): Promise<void> {
    const table = await this.log.table(STATUS_TABLE);
    await table.put(streamStatusKey(id), JSON.stringify({ producer: 'p1', state: 'live', ...status }));
  }

  async heartbeat(age = 0): Promise<void> {
    const table = await this.log.table(STATUS_TABLE);
    await table.put(producerKey('p1'), JSON.stringify({ at: new Date(Date.now() - age).toISOString() }));
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
    await this.current?.close();
    await this.log.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export const longSilent = PRODUCER_SILENCE_MS * 2;
