import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/**
 * The parts of kafkajs that it does not export: one connection, and the encoders of requests. Everything that is
 * private to kafkajs is named here and nowhere else; kafkajs is pinned, and `kafkajs-private.test.ts` guards it.
 *
 * Its consumer reads no partition without a group and stops all topics at one topic's error; its producer never forgets
 * a deleted topic (`targetTopics`). A connection for each purpose, and requests of our own, need neither.
 */
export interface PrivateConnection {
  connect(): Promise<unknown>;
  isConnected(): boolean;
  send<Decoded>(protocol: Protocol<Decoded>): Promise<Decoded>;
  /** Fails every request in flight. */
  rejectRequests(reason: Error): void;
  disconnect(): Promise<unknown>;
  readonly requestQueue: {
    readonly pending: readonly unknown[];
    /** Replaced by us, see `Link`. */
    scheduleCheckPendingRequests(): void;
  };
}

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: true;
  readonly logger: PrivateLogger;
  readonly socketFactory: (to: { host: string; port: number; onConnect: () => void }) => Socket;
}

type LogLine = (message: string, details?: object) => void;
export interface PrivateLogger {
  readonly namespace: () => Readonly<Record<'debug' | 'info' | 'warn' | 'error', LogLine>>;
}

/** A request and how its answer is read: what `Connection.send` takes. */
export interface Protocol<Decoded> {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string };
  readonly response: {
    decode(payload: Buffer): Promise<Decoded>;
    /** kafkajs throws here at the first error of any partition, which loses the others' answers. */
    parse(decoded: Decoded): Promise<Decoded>;
  };
}

export interface FetchFields {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: number;
      readonly maxBytes: number;
    }[];
  }[];
}

export interface ProduceFields {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly Message[] }[];
  }[];
}

export interface Message {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers?: Readonly<Record<string, Buffer>>;
}

export interface ListOffsetsFields {
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
  }[];
}

export interface CreateTopicsFields {
  readonly timeout: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly numPartitions: number;
    readonly replicationFactor: number;
    readonly configEntries: readonly { readonly name: string; readonly value: string }[];
  }[];
}

/** A kind of request: `protocol({ version })` makes an encoder for it. */
interface Definition<Fields> {
  protocol(choice: { version: number }): (fields: Fields) => Protocol<unknown>;
}

interface Requests {
  readonly Produce: Definition<ProduceFields>;
  readonly Fetch: Definition<FetchFields>;
  readonly ListOffsets: Definition<ListOffsetsFields>;
  readonly Metadata: Definition<{ topics: readonly string[]; allowAutoTopicCreation: boolean }>;
  readonly CreateTopics: Definition<CreateTopicsFields>;
  readonly DeleteTopics: Definition<{ topics: readonly string[]; timeout: number }>;
}

const load = createRequire(import.meta.url);

export const Connection = load('kafkajs/src/network/connection') as new (
  options: ConnectionOptions,
) => PrivateConnection;

export const { requests } = load('kafkajs/src/protocol/requests') as { requests: Requests };
