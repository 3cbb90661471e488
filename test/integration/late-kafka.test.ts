import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readGatewayConfig, startGatewayCluster } from '@topicast/gateway';
import { expectKafkaLog } from '@topicast/log/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleScript, startChildScript } from '../support/child-script.js';
import { freePorts } from '../support/free-ports.js';
import { type Broker, clusterUnavailable, startKafka } from '../support/kafka.js';
import { openLiveSocket } from '../support/live-socket.js';
import { until } from '../support/poll.js';
import { logger, OPERATOR_TOKEN } from '../support/services.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.js';

const unavailable =
  clusterUnavailable() ?? (process.env.KAFKA_BROKERS && 'KAFKA_BROKERS is not ours to kill');
const local = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The program `npm run gateway`, and all its output. */
interface Program {
  readonly url: (route: string) => string;
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

describe.skipIf(unavailable)(
  `a gateway before its Kafka${unavailable ? ` (skipped: ${unavailable})` : ''}`,
  () => {
    let broker: Broker;
    let folder: TemporaryFolder;
    const programs: Program[] = [];

    beforeAll(async () => {
      folder = temporaryFolder();
      broker = await startKafka({ start: false });
    });
    afterEach(() => {
      for (const { child } of programs.splice(0)) child.kill('SIGKILL');
    });
    afterAll(async () => {
      await broker?.stop();
      folder?.[Symbol.dispose]();
    });

    const environment = (port: number): Record<string, string> => ({
      KAFKA_BROKERS: broker.brokers,
      TOPICAST_DATA_DIR: folder.path,
      TOPICAST_GATEWAY_PORT: String(port),
      TOPICAST_TOKEN: OPERATOR_TOKEN,
    });

    async function run(more: Record<string, string> = {}): Promise<Program> {
      const [port] = (await freePorts(1)) as [number];
      const child = await startChildScript(local('../../start/src/gateway.ts'), [], {
        env: { ...process.env, ...environment(port), TOPICAST_GATEWAY_WORKERS: '1', ...more },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const program = {
        child,
        url: (route: string) => `http://127.0.0.1:${port}${route}`,
        said: () => said,
        // Not `exit`, because its last output may come after that.
        ended: once(child, 'close').then(([code]) => code as number | null),
      };
      programs.push(program);
      return program;
    }

    async function expectWaiting(url: (route: string) => string): Promise<void> {
      await until('it listens', async () => (await fetch(url('/healthz'))).status === 200);
      for (const route of ['/readyz', '/api/streams']) {
        const answer = await fetch(url(route));
        expect([route, answer.status, answer.headers.get('retry-after')]).toEqual([route, 503, '2']);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(await answer.json()).toMatchObject({
          status: 503,
          detail: 'the log has not been reached yet',
        });
      }
      const nothing = (): void => undefined;
      const viewer = openLiveSocket(url('/live/demo').replace('http', 'ws'), {
        chunk: nothing,
        message: nothing,
      });
      const [code] = await once(viewer, 'close');
      expect(code).toBe(4503);
    }

    const isReady = async (url: (route: string) => string): Promise<boolean> =>
      (await fetch(url('/readyz'))).status === 200;

    /** Asks continuously until `change` is over; every request must be answered. */
    async function withoutRefusal(
      url: (route: string) => string,
      change: () => Promise<void>,
    ): Promise<void> {
      let done = false;
      const asking = (async () => {
        while (!done) {
          expect((await fetch(url('/healthz'))).status).toBe(200);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      try {
        await change();
      } finally {
        done = true;
      }
      await asking;
    }

    it('ends in order when it is told to while it waits', async () => {
      const { child, url, ended, said } = await run();
      await expectWaiting(url);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(said()).not.toContain('Topicast:');
    });

    it('listens, says that it waits, and is ready when Kafka comes', async () => {
      await broker.kill();
      const { child, url, ended } = await run();
      await expectWaiting(url);
      await withoutRefusal(url, async () => {
        await broker.restart();
        await until('it is ready', () => isReady(url));
      });
      expect(await (await fetch(url('/api/streams'))).json()).toEqual({ streams: [] });
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    });

    it('does so with several processes too', async () => {
      await broker.kill();
      const { log, reached } = expectKafkaLog({ brokers: [broker.brokers], logger });
      const script = await bundleScript(local('../support/gateway-worker.ts'));
      const config = readGatewayConfig(environment(0));
      const options = { log, config, logger, operatorToken: OPERATOR_TOKEN, workers: 2, script };
      const gateway = await startGatewayCluster(options);
      const url = (route: string): string => `http://127.0.0.1:${gateway.port}${route}`;
      try {
        await expectWaiting(url);
        await withoutRefusal(url, async () => {
          await broker.restart();
          // Connections go to the processes in turn.
          await until('each is ready', async () => (await isReady(url)) && (await isReady(url)));
        });
        await reached;
      } finally {
        await gateway.close();
        await log.close();
      }
    });

    it('names the table whose topic was deleted under it', async () => {
      await broker.restart();
      const { url, said } = await run();
      await until('it is ready', () => isReady(url));
      const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: ['topicast.status'] });
      await admin.disconnect();
      const problem = await until('it is not ready', async () => {
        const answer = await fetch(url('/readyz'));
        return answer.status === 503 && ((await answer.json()) as { detail: string });
      });
      expect(problem.detail).toMatch(/table "topicast.status" is no longer followed .*restart/);
      expect(said()).toContain('is no longer followed');
    });

    it('ends with one line where it is not let in, or cannot be right', async () => {
      await broker.restart();
      const login = { KAFKA_SASL_USERNAME: 'topicast', KAFKA_SASL_PASSWORD: 'never-said' };
      const refused = await run({ ...login, KAFKA_SASL_MECHANISM: 'scram-sha-256' });
      const wrong = await run({ ...login, KAFKA_SASL_MECHANISM: 'none-such' });
      expect(await refused.ended).toBe(1);
      expect(await wrong.ended).toBe(1);
      expect(refused.said().match(/refuses the login/g)).toHaveLength(1);
      expect(refused.said()).toMatch(/^Topicast: Kafka at .*KAFKA_SASL_PASSWORD$/m);
      expect(wrong.said().trim().split('\n')).toEqual([
        expect.stringMatching(/^Topicast: KAFKA_SASL_MECHANISM/),
      ]);
    });
  },
);
