import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { endWithUs } from './end-with-us.js';
import { freePorts } from './free-ports.js';
import { JAVA } from './kafka-download.js';

/** Lines of `server.properties`. */
export type Properties = Readonly<Record<string, string | number | boolean>>;

/** How a test's own Kafka differs from the plain one. */
export interface NodeOptions {
  /** More of `server.properties`; a function where they depend on the ports of the node. */
  readonly properties?: Properties | ((node: NodeAddress) => Properties);
  /** More arguments for the storage tool, for example `--add-scram NAME=...`. */
  readonly formatArguments?: readonly string[];
  /** How the tests themselves connect, if not in plain text (`ssl`, `sasl`). */
  readonly client?: Partial<KafkaConfig>;
}

export interface NodeAddress {
  /** From 1 on. */
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** One Kafka process, broker and controller at once, that tests start and damage. */
export interface KafkaNode extends NodeAddress {
  /** `host:port`. */
  readonly broker: string;
  /** The process's id; undefined while it is down. */
  readonly pid: number | undefined;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM: it hands over its leaderships first. */
  end(): Promise<void>;
  /** SIGSTOP: its connections stay open and nothing answers. */
  stop(): void;
  /** SIGCONT. */
  cont(): void;
  /** Start it (again), with the same data at the same address. Resolves when it answers. */
  restart(): Promise<void>;
}

/** Members of one Kafka as `controller.quorum.voters` wants them, with ports that were free a moment ago. */
export async function nodeAddresses(count: number): Promise<NodeAddress[]> {
  const ports = await freePorts(count * 2);
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[index * 2]!,
    controllerPort: ports[index * 2 + 1]!,
  }));
}

/** The id of a new Kafka. A leading byte of zeros: never begins with "-", which its tools take for an option. */
export const clusterId = (): string =>
  Buffer.from(crypto.randomUUID().replaceAll('-', '').replace(/^../, '00'), 'hex').toString('base64url');

/** Make one node's storage and settings in `folder`; `restart` starts it. */
export async function prepareNode(
  at: NodeAddress,
  all: readonly NodeAddress[],
  options: NodeOptions & { readonly jars: string; readonly folder: string; readonly cluster: string },
): Promise<KafkaNode> {
  const properties = join(options.folder, `server-${at.id}.properties`);
  const more = typeof options.properties === 'function' ? options.properties(at) : (options.properties ?? {});
  writeFileSync(properties, serverProperties(at, all, join(options.folder, `data-${at.id}`), more));
  await format(options.jars, options.cluster, properties, options.formatArguments ?? []);

  const broker = `127.0.0.1:${at.port}`;
  const output = join(options.folder, `output-${at.id}.log`);
  let running: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(impatience);
  };
  return {
    ...at,
    broker,
    get pid() {
      return running?.pid;
    },
    kill: () => end('SIGKILL'),
    end: () => end('SIGTERM'),
    stop: () => void running?.kill('SIGSTOP'),
    cont: () => void running?.kill('SIGCONT'),
    async restart() {
      await end('SIGKILL');
      running = launch(options.jars, properties, output);
      endWithUs(running);
      await answering({ ...options.client, brokers: [broker] }, running, output);
    },
  };
}

/** A node that is broker and controller; the times are short, so that tests of outages are short too. */
function serverProperties(
  at: NodeAddress,
  all: readonly NodeAddress[],
  folder: string,
  more: Properties,
): string {
  const copies = Math.min(3, all.length);
  const together = {
    'node.id': at.id,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': all.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${at.port},CONTROLLER://127.0.0.1:${at.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${at.port}`,
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    'min.insync.replicas': copies === 3 ? 2 : 1,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': copies === 3 ? 2 : 1,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': copies === 3 ? 2 : 1,
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
  return Object.entries(together)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function format(
  jars: string,
  cluster: string,
  properties: string,
  words: readonly string[],
): Promise<void> {
  const tool = ['kafka.tools.StorageTool', 'format', '-t', cluster, '-c', properties, ...words];
  const run = spawn(JAVA, [...jvmOptions(jars), ...tool], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [run.stdout, run.stderr]) {
    stream.on('data', (data: Buffer) => {
      said += data;
    });
  }
  const [status] = (await once(run, 'close')) as [number | null];
  if (status !== 0) throw new Error(`Kafka's storage could not be formatted: ${said}`);
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

async function answering(client: KafkaConfig, child: ChildProcess, output: string): Promise<void> {
  const kafka = new Kafka({ ...client, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
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
