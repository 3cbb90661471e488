import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { JAVA, kafkaJars } from './kafka-download.js';

export interface Broker {
  /** `host:port`, as KAFKA_BROKERS takes it. */
  readonly brokers: string;
  /** False for the one of KAFKA_BROKERS, which is not ours to kill or restart. */
  readonly own: boolean;
  /** End it in order and remove its data. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Start it again after `kill`, with the same data at the same address. Resolves when it answers. */
  restart(): Promise<void>;
}

/** Why there can be no real broker here, for the reason of a skipped suite; undefined if there can be one. */
export function kafkaUnavailable(): string | undefined {
  if (process.env.KAFKA_BROKERS) return undefined;
  const found = kafkaJars();
  return 'problem' in found ? found.problem : undefined;
}

export interface BrokerOptions {
  /** More of `server.properties`. */
  readonly properties?: Readonly<Record<string, string | number>>;
  /** False: it is only made ready, and `restart` starts it. */
  readonly start?: boolean;
}

/** A real Apache Kafka: the one at KAFKA_BROKERS, else one broker of our own with data of its own. */
export async function startKafka(options: BrokerOptions = {}): Promise<Broker> {
  if (process.env.KAFKA_BROKERS) return externalBroker(process.env.KAFKA_BROKERS);
  const found = kafkaJars();
  if ('problem' in found) throw new Error(found.problem);
  const folder = mkdtempSync(join(tmpdir(), 'topicast-kafka-'));
  const [port, controllerPort] = await freePorts();
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(folder, port, controllerPort, options.properties));
  format(found.jars, properties);

  const brokers = `127.0.0.1:${port}`;
  const output = join(folder, 'output.log');
  let running: ChildProcess | undefined;
  const endWithUs = (): void => void running?.kill('SIGKILL');
  process.once('exit', endWithUs);

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(impatience);
  };
  const restart = async (): Promise<void> => {
    await end('SIGKILL');
    running = launch(found.jars, properties, output);
    await answering(brokers, running, output);
  };
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endWithUs);
    await end('SIGTERM');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  if (options.start !== false) await restart();
  return { brokers, own: true, stop, kill: () => end('SIGKILL'), restart };
}

function externalBroker(brokers: string): Broker {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('the broker of KAFKA_BROKERS is not ours to restart'));
  return { brokers, own: false, stop: async () => {}, kill: refuse, restart: refuse };
}

/** One node that is broker and controller; the times are short so that tests of outages are. */
function serverProperties(
  folder: string,
  port: number,
  controllerPort: number,
  more: BrokerOptions['properties'] = {},
): string {
  const all = {
    'node.id': 1,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    'controller.quorum.election.timeout.ms': 500,
    'controller.quorum.fetch.timeout.ms': 1000,
    'replica.lag.time.max.ms': 2000,
    'log.initial.task.delay.ms': 500,
    'log.retention.check.interval.ms': 5000,
    'log.segment.delete.delay.ms': 1000,
    ...more,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function format(jars: string, properties: string): void {
  // A leading byte of zeros: the id never begins with "-", which the tool would take for an option.
  const id = Buffer.from(crypto.randomUUID().replaceAll('-', '').replace(/^../, '00'), 'hex').toString(
    'base64url',
  );
  const tool = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
  const run = spawnSync(JAVA, [...jvmOptions(jars), ...tool], { encoding: 'utf8' });
  if (run.status !== 0)
    throw new Error(`Kafka's storage could not be formatted: ${run.stderr || run.stdout}`);
}

const jvmOptions = (jars: string): string[] => [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-cp',
  join(jars, '*'),
];

function launch(jars: string, properties: string, output: string): ChildProcess {
  const log = openSync(output, 'a');
  try {
    return spawn(JAVA, [...jvmOptions(jars), 'kafka.Kafka', properties], { stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

async function answering(brokers: string, child: ChildProcess, output: string): Promise<void> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  for (const limit = Date.now() + 90_000; ; ) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      await admin.describeCluster();
      return;
    } catch (cause) {
      if (child.exitCode !== null || Date.now() > limit) {
        const words = readFileSync(output, 'utf8').slice(-2000);
        throw new Error(`the test's Kafka did not start: ${words}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** Two ports that were free a moment ago. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = servers.map(async (server) => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  });
  const [first, second] = await Promise.all(ports);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return [first!, second!];
}
