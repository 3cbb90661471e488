import { createRequire } from 'node:module';
import type { ISocketFactory, logCreator, logLevel } from 'kafkajs';

/**
 * The parts of kafkajs that this package uses and that kafkajs does not promise: its connections to one broker, and
 * its encoders and decoders. Its consumer and producer stay unused: the one cannot read partitions of its own choice,
 * the other never forgets a topic. The version is pinned, and kafkajs-private.test.ts says when any of this moves.
 */
const require = createRequire(import.meta.url);

/** Encodes a request and decodes its response. */
interface Protocol {
  readonly request: unknown;
  readonly response: {
    decode(payload: Buffer): Promise<unknown>;
    /** Throws for the first partition in error and so loses the others: never called here. */
    parse(data: unknown): Promise<unknown>;
  };
  readonly requestTimeout?: number;
}

interface KafkajsConnection {
  send(protocol: Protocol & { logResponseError: boolean }): Promise<unknown>;
}

export interface KafkajsBroker {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  readonly connectionPool: {
    /** Two connections: 0 for everything, 1 for what makes a broker wait. */
    getConnection(index: 0 | 1): Promise<KafkajsConnection>;
  };
  lookupRequest(apiKey: number, definition: unknown): (parameters: object) => Protocol;
}

interface ConnectionOptions {
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: true;
  readonly socketFactory: ISocketFactory;
  readonly logger: unknown;
}

type BuildConnections = (destination: { host: string; port: number }) => Promise<unknown>;

const Broker = require('kafkajs/src/broker') as new (options: {
  connectionPool: unknown;
  logger: unknown;
  nodeId: number | null;
  allowAutoTopicCreation: false;
}) => KafkajsBroker;

const connectionPoolBuilder = require('kafkajs/src/cluster/connectionPoolBuilder') as (
  options: ConnectionOptions & { brokers: string[] },
) => { build: BuildConnections };

const { createLogger } = require('kafkajs/src/loggers') as {
  createLogger(options: { level: logLevel; logCreator: logCreator }): unknown;
};

const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<string, unknown> };
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}
const RequestQueue = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };

// github.com/tulios/kafkajs/issues/1751: with nothing pending it sets a timer in the past, hence of 1 ms, again and
// again, for each connection.
const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) scheduleCheck.call(this);
};

/** A response that came whole and cannot be read: records in a compression that kafkajs does not have. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError';
}

export type Api = 'Produce' | 'Fetch' | 'ListOffsets' | 'Metadata' | 'CreateTopics' | 'DeleteTopics';

export const makeLogger = (level: logLevel, creator: logCreator): unknown =>
  createLogger({ level, logCreator: creator });

/** A broker that is not connected yet. */
export async function makeBroker(
  address: { readonly host: string; readonly port: number; readonly nodeId: number | null },
  options: ConnectionOptions,
): Promise<KafkajsBroker> {
  const { host, port, nodeId } = address;
  const { build } = connectionPoolBuilder({ ...options, brokers: [`${host}:${port}`] });
  const connectionPool = await build({ host, port });
  return new Broker({ connectionPool, logger: options.logger, nodeId, allowAutoTopicCreation: false });
}

/** Send a request in the newest version that both sides know; the decoded response, error codes and all. */
export async function send(
  broker: KafkajsBroker,
  connection: 0 | 1,
  api: Api,
  parameters: object,
): Promise<unknown> {
  const protocol = broker.lookupRequest(apiKeys[api]!, requests[api])(parameters);
  const decode = (payload: Buffer): Promise<unknown> =>
    protocol.response.decode(payload).catch((cause: Error) => {
      throw new UndecodableError(cause.message, { cause });
    });
  const response = { decode, parse: async (data: unknown) => data };
  const open = await broker.connectionPool.getConnection(connection);
  return open.send({ ...protocol, response, logResponseError: false });
}
