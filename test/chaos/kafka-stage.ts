import { join } from 'node:path';
import { type StreamId, streamId, topicOf } from '@topicast/contracts/stream-id';
import { freePorts } from '@topicast/test/free-ports';
import type { KafkaCluster } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { until } from '@topicast/test/poll';
import { startTcpProxy, type TcpProxy } from '@topicast/test/tcp-proxy';
import { temporaryFolder } from '@topicast/test/temporary';
import { Kafka, logLevel } from 'kafkajs';
import { type Service, startHelper, startProgram } from './child-process.js';
import type { ChaosCluster } from './cluster.js';
import { FarEncoder } from './encoder.js';
import { fakeClockEnvironment, setFakeClock } from './fake-clock.js';
import { GatewayApi } from './gateway-api.js';
import { SERVICE_SETTINGS } from './settings.js';
import { Acknowledgements, readChunks, type Stage } from './stage.js';
import type { Acknowledged } from './verdict.js';

const GATEWAYS = 2;
const CHUNK_BYTES = 6_000;
let stages = 0;

export interface KafkaStageOptions {
  readonly producers: 1 | 2;
  /** Processes of each gateway, 1 unless given. */
  readonly gatewayWorkers?: number;
  /** The gateways reach the brokers through proxies that can be cut. */
  readonly gatewaysBehindProxies?: boolean;
  /** The producers' clocks can be set. */
  readonly producersClock?: boolean;
  /** The picture comes from an encoder that publishes to the first producer, and not from a test source. */
  readonly encoder?: boolean;
}

/** @throws {Error} with the last output of all processes, if they do not start */
export async function openKafkaStage(chaos: ChaosCluster, options: KafkaStageOptions): Promise<KafkaStage> {
  const stage = new KafkaStage(chaos, options);
  try {
    await stage.start();
    return stage;
  } catch (cause) {
    const words = stage.services().map((service) => `${service.name}: ${service.lastWords()}`);
    await stage.close();
    throw new Error(`the system did not start: ${words.join('\n')}`, { cause });
  }
}

/** Two gateways, producers, and a publisher of numbered chunks, on three brokers. */
export class KafkaStage implements Stage {
  readonly #options: KafkaStageOptions;
  readonly cluster: KafkaCluster;
  /** Between the gateways and the brokers, if requested. */
  readonly proxies: readonly TcpProxy[];
  readonly picture: StreamId;
  readonly numbers: StreamId;
  readonly gateways: Service[] = [];
  readonly producers: Service[] = [];
  /** Of the producers, in their order. */
  readonly rtmpPorts: number[] = [];
  /** Between the encoder and its producer. */
  uplink: TcpProxy | undefined;
  encoder: FarEncoder | undefined;
  readonly #temporary = temporaryFolder();
  readonly #folder = this.#temporary.path;
  readonly #clockFile = join(this.#folder, 'clock');
  readonly #acknowledgements: Acknowledgements;
  #apis: GatewayApi[] = [];
  #publisher: Service | undefined;

  constructor({ cluster, proxies }: ChaosCluster, options: KafkaStageOptions) {
    this.#options = options;
    const number = `${Date.now().toString(36)}-${stages++}`;
    this.cluster = cluster;
    this.proxies = proxies;
    this.picture = streamId(`picture-${number}`);
    this.numbers = streamId(`numbers-${number}`);
    this.#acknowledgements = new Acknowledgements({
      ...{ stream: this.numbers, session: Date.now(), chunkBytes: CHUNK_BYTES },
    });
    this.setProducersClock(0);
  }

  async start(): Promise<void> {
    await this.#startGateways();
    await this.#startProducers();
    await this.#startPublisher();
  }

  /** Set the producers' clocks ahead by this many seconds, if requested. */
  setProducersClock(seconds: number): void {
    setFakeClock(this.#clockFile, seconds);
  }

  addresses(stream: StreamId): string[] {
    return this.#apis.map(({ port }) => `ws://127.0.0.1:${port}/live/${stream}`);
  }

  services(): Service[] {
    const all = [...this.gateways, ...this.producers, ...(this.#publisher ? [this.#publisher] : [])];
    return all.filter(({ isRunning }) => isRunning);
  }

  /** Viewers see a slate, because the encoder is away. */
  isEncoderAway(): Promise<boolean> {
    return this.#apis[0]!.isAway(this.picture);
  }

  async stopPublishing(): Promise<Acknowledged[]> {
    const publisher = this.#publisher!;
    if (!publisher.isRunning) throw new Error(`the publisher has ended: ${publisher.lastWords()}`);
    await publisher.end();
    return this.#acknowledgements.chunks();
  }

  async readPictures(from: number): Promise<Acknowledged[]> {
    const log = await openKafkaLog({ brokers: this.cluster.brokers.split(',') });
    const found = await readChunks(log, this.picture, from);
    await log.close();
    return found;
  }

  async close(): Promise<void> {
    const api = this.#apis.find((_, index) => this.gateways[index]?.isRunning);
    for (const id of [this.picture, this.numbers]) await api?.delete(id).catch(() => undefined);
    await this.encoder?.[Symbol.asyncDispose]();
    await Promise.all(this.services().map((service) => service.end()));
    await this.uplink?.close();
    this.#temporary[Symbol.dispose]();
  }

  async #startGateways(): Promise<void> {
    const behind = this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
    for (const port of await freePorts(GATEWAYS)) {
      const api = new GatewayApi(port);
      this.#apis.push(api);
      const name = `gateway-${this.#apis.length}`;
      const gateway = startProgram(this.#folder, name, 'gateway', {
        ...this.#environment(name),
        ...(this.#options.gatewaysBehindProxies && { KAFKA_BROKERS: behind }),
        TOPICAST_GATEWAY_PORT: String(port),
        TOPICAST_GATEWAY_WORKERS: String(this.#options.gatewayWorkers ?? 1),
      });
      this.gateways.push(gateway);
    }
    await Promise.all(this.#apis.map((api, n) => ready(this.gateways[n]!, () => api.isReady())));
  }

  async #startProducers(): Promise<void> {
    this.rtmpPorts.push(...(await freePorts(this.#options.producers)));
    for (const [index, rtmpPort] of this.rtmpPorts.entries()) {
      const name = `producer-${index + 1}`;
      const producer = startProgram(this.#folder, name, 'producer', {
        ...this.#environment(name),
        ...(this.#options.producersClock && fakeClockEnvironment(this.#clockFile)),
        TOPICAST_PRODUCER_ID: name,
        TOPICAST_RTMP_PORT: String(rtmpPort),
      });
      this.producers.push(producer);
    }
    if (this.#options.encoder) await this.#startEncoder();
    else await this.#apis[0]!.createPicture(this.picture);
    await this.#everywhere((api) => api.stateOf(this.picture).then((state) => state === 'live'));
  }

  async #startEncoder(): Promise<void> {
    const key = await this.#apis[0]!.createForEncoder(this.picture);
    const uplink = await startTcpProxy();
    this.uplink = uplink;
    uplink.forwardTo(this.rtmpPorts[0]!);
    this.encoder = new FarEncoder(`rtmp://127.0.0.1:${uplink.port}/live/${key}`);
  }

  async #startPublisher(): Promise<void> {
    await createBeside(this.cluster, this.picture, this.numbers);
    const { session } = this.#acknowledgements.numbered;
    this.#publisher = await startHelper(
      this.#folder,
      'publisher.ts',
      [this.cluster.brokers, this.numbers, String(session), String(CHUNK_BYTES)],
      this.#acknowledgements.line,
    );
    await ready(this.#publisher, () => this.#acknowledgements.count > 0);
    await this.#everywhere(async (api) => (await api.stateOf(this.numbers)) !== undefined);
  }

  async #everywhere(question: (api: GatewayApi) => Promise<boolean>): Promise<void> {
    await Promise.all(this.#apis.map((api, n) => ready(this.gateways[n]!, () => question(api))));
  }

  #environment(name: string) {
    return {
      ...SERVICE_SETTINGS,
      KAFKA_BROKERS: this.cluster.brokers,
      TOPICAST_DATA_DIR: join(this.#folder, name),
    };
  }
}

async function ready(service: Service, question: () => boolean | Promise<boolean>): Promise<void> {
  await until(`${service.name} is ready`, async () => {
    if (!service.isRunning) throw new Error(`${service.name} has ended`);
    return question();
  });
}

/** A topic whose only partition has the same leader as that of the other stream, so that one fault hurts both. */
async function createBeside(cluster: KafkaCluster, other: StreamId, stream: StreamId): Promise<void> {
  const admin = new Kafka({ brokers: cluster.brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topicOf(other)] });
  const { replicas, leader } = topics[0]!.partitions[0]!;
  const inOrder = [leader, ...replicas.filter((replica) => replica !== leader)];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: topicOf(stream),
        replicaAssignment: [{ partition: 0, replicas: inOrder }],
        configEntries: [
          { name: 'max.message.bytes', value: '8388608' },
          { name: 'message.timestamp.type', value: 'LogAppendTime' },
        ],
      },
    ],
  });
  await admin.disconnect();
}
