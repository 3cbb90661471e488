import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Consumer, Kafka, type logCreator, logLevel, type PartitionAssigner } from 'kafkajs';
import type { Logger } from 'pino';
import { openSocket, type Security } from '../brokers/security.js';

/** How a group's members reach the brokers. */
export interface GroupClient {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly security: Security;
  readonly logger: Logger;
}

interface GroupOptions {
  readonly client: GroupClient;
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeout: Milliseconds;
  readonly assigner: PartitionAssigner;
  /** Called after each join. */
  readonly onAssignment: (partitions: readonly number[]) => void;
}

/**
 * kafkajs heartbeats between two polls, and learns about a rebalance from a heartbeat; both times add to every
 * hand-over.
 */
const POLL_MS = 100;
const HEARTBEATS_PER_SESSION = 10;
/** If a session is refused as too short: the brokers' default minimum, and longer ones. */
const LONGER_SESSIONS = [6_000, 10_000, 30_000].map(milliseconds);
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 4_000;
const BACKOFF = { first: milliseconds(100), longest: milliseconds(1_000) };
/** A member for this long was well: its next failure is a first one. */
const WELL_AFTER_MS = 10_000;
/** A request may be under way, for which kafkajs waits; the session timeout then tells the others. */
const LEAVE_LIMIT_MS = 1_500;

/**
 * Membership in a consumer group, only for the assignment: we fetch nothing and commit no offset. kafkajs's consumer
 * ends after a few failures without looking for another coordinator; here a new consumer always follows.
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #leaving = new AbortController();
  readonly #running: Promise<void>;
  #sessionTimeout: Milliseconds;
  #confirmedAt = Milliseconds.never;
  #toldOf: string | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#sessionTimeout = options.sessionTimeout;
    this.#running = this.#run();
  }

  /** What the brokers agreed to. */
  get sessionTimeout(): Milliseconds {
    return this.#sessionTimeout;
  }

  /** When the group last confirmed that this member belongs to it; monotonic. */
  get silence(): Milliseconds {
    return Milliseconds.sub(Milliseconds.now(), this.#confirmedAt);
  }

  /** Resolves when the group knows, or could not be told in a short time. Never rejects. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#leaving;
    for (let failures = 0; !signal.aborted; ) {
      const startedAt = performance.now();
      const failure = await this.#belong();
      if (signal.aborted) return;
      if (this.#takesLongerSession(failure)) continue;
      this.#tell(failure);
      if (performance.now() - startedAt > WELL_AFTER_MS) failures = 0;
      const pause = pauseAfter(BACKOFF, failures++, Math.random());
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Join, and stay a member until a failure (it resolves with that), or until it should leave. */
  async #belong(): Promise<unknown> {
    const { signal } = this.#leaving;
    const ending = new AbortController();
    const consumer = this.#consumer(ending.signal);
    const ended = new Promise<unknown>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { signal: ending.signal });
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
      // The coordinator hangs; kafkajs would keep asking it for longer than another broker needs to take its place.
      this.#whenSilent(ending.signal, () => resolve(new Error('it does not answer')));
    });
    const running = (async () => {
      await consumer.connect();
      await consumer.subscribe({ topic: this.#options.topic });
      ending.signal.throwIfAborted();
      await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    })();
    const failure = await Promise.race([ended, running.then(() => ended).catch((error: unknown) => error)]);
    ending.abort();
    // Not while it joins, because kafkajs does not stop what starts to run after that.
    const gone = running.catch(() => undefined).then(() => consumer.disconnect());
    await Promise.race([gone.catch(() => undefined), sleep(LEAVE_LIMIT_MS, undefined, { ref: false })]);
    return failure;
  }

  /**
   * A join may wait for the slowest member, which takes up to one session; after two sessions something is wrong. We
   * count ticks, not time, because after a hang of this process kafkajs finds its way back.
   */
  #whenSilent(signal: AbortSignal, listener: () => void): void {
    let [confirmedAt, ticks] = [this.#confirmedAt, 0];
    const watch = setInterval(() => {
      ticks = this.#confirmedAt === confirmedAt ? ticks + 1 : 0;
      confirmedAt = this.#confirmedAt;
      if (ticks === 4) listener();
    }, this.#sessionTimeout / 2);
    signal.addEventListener('abort', () => clearInterval(watch));
  }

  #consumer(ending: AbortSignal): Consumer {
    const { client, group, topic, assigner } = this.#options;
    const { brokers, clientId, security, logger } = client;
    // kafkajs should retry only a few times, because it asks the same coordinator, which may be gone.
    const retry = {
      retries: 2,
      initialRetryTime: 100,
      maxRetryTime: 500,
      restartOnFailure: async () => false,
    };
    const kafka = new Kafka({
      brokers: [...brokers],
      clientId,
      ...(security.sasl && { sasl: security.sasl }),
      socketFactory: ({ host, port, onConnect }) => {
        const { socket, onReady } = openSocket({ host, port }, security.tls);
        onReady(onConnect);
        return socket;
      },
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry,
      logLevel: logLevel.INFO,
      logCreator: quietly(logger),
    });
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: this.#sessionTimeout,
      rebalanceTimeout: this.#sessionTimeout,
      heartbeatInterval: this.#sessionTimeout / HEARTBEATS_PER_SESSION,
      maxWaitTimeInMs: POLL_MS,
      partitionAssigners: [assigner],
      allowAutoTopicCreation: false,
      retry,
    });
    consumer.on(consumer.events.HEARTBEAT, () => ending.aborted || this.#confirm());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // Before the first fetch: kafkajs then requests nothing, and only its heartbeats continue.
      consumer.pause([{ topic }]);
      if (ending.aborted) return;
      this.#confirm();
      this.#options.onAssignment(payload.memberAssignment[topic] ?? []);
    });
    return consumer;
  }

  #confirm(): void {
    this.#toldOf = undefined;
    this.#confirmedAt = Milliseconds.now();
  }

  /** The next longer session, if this one was refused. */
  #takesLongerSession(failure: unknown): boolean {
    if (typeOf(failure) !== 'INVALID_SESSION_TIMEOUT') return false;
    const refused = this.#sessionTimeout;
    const longer = LONGER_SESSIONS.find((each) => each > refused);
    if (longer === undefined) return false;
    this.#sessionTimeout = longer;
    this.#options.client.logger.warn(
      `Kafka refuses a session timeout of ${refused} ms in the group "${this.#options.group}", trying ${longer} ms: ` +
        `the streams of a producer that dies wait that long for another one. Set group.min.session.timeout.ms=${refused} ` +
        'on the brokers, or a longer TOPICAST_PRODUCER_SESSION_TIMEOUT_MS here',
    );
    return true;
  }

  /** One line for each kind of failure, until the group answers again. */
  #tell(failure: unknown): void {
    const words = failure instanceof Error ? failure.message : String(failure);
    const kind = typeOf(failure) ?? (failure instanceof Error ? failure.name : words);
    if (this.#toldOf === kind) return;
    this.#toldOf = kind;
    const { client, group } = this.#options;
    client.logger.warn(
      `the group "${group}" cannot be reached (${words}); the last assignment stays until it can`,
    );
  }
}

/** Kafka's name of the underlying error, if Kafka sent one. */
function typeOf(failure: unknown): string | undefined {
  for (let each = failure; each instanceof Error; each = each.cause) {
    if ('type' in each && typeof each.type === 'string') return each.type;
  }
  return undefined;
}

/** {@link Group} logs what is worth a line; kafkajs's own messages are for debugging. */
const quietly =
  (logger: Logger): logCreator =>
  () =>
  ({ log }) =>
    logger.debug(`kafkajs: ${log.message}`);
