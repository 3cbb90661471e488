import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
// Not imported by name: Node.js finds only some names of this CommonJS module, and not this one.
import kafkajs from 'kafkajs';
import { FOLDS, unfold } from './compression.js';

/**
 * The parts of kafkajs that it does not export: one connection, and the encoders of requests. Everything that is
 * private to kafkajs is named here and nowhere else. kafkajs is pinned, and `kafkajs-private.test.ts` guards our use.
 *
 * Its consumer reads no partition without a group and stops all topics at one topic's error; its producer never forgets
 * a deleted topic (`targetTopics`). With a connection for each purpose and our own requests, we need neither.
 */
export interface PrivateConnection {
  connect(): Promise<unknown>;
  /** Does nothing without `sasl`. Later, `send` does it by itself before the broker's limit of a session. */
  authenticate(): Promise<void>;
  /** By api key: `authenticate` looks them up. */
  setVersions(versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>): void;
  setSupportAuthenticationProtocol(isSupported: boolean): void;
  isConnected(): boolean;
  send<Decoded>(protocol: Protocol<Decoded>): Promise<Decoded>;
  /** Fails every request in flight. */
  rejectRequests(reason: Error): void;
  disconnect(): Promise<unknown>;
  readonly requestQueue: PrivateRequestQueue;
}

interface PrivateRequestQueue {
  readonly pending: readonly unknown[];
  /** Set while a check is scheduled. */
  readonly throttleCheckTimeoutId: unknown;
  scheduleCheckPendingRequests(): void;
}

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: true;
  readonly logger: PrivateLogger;
  readonly sasl?: PrivateSasl;
  readonly socketFactory: (to: { host: string; port: number; onConnect: () => void }) => Socket;
}

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface PrivateSasl {
  readonly mechanism: SaslMechanism;
  readonly authenticationProvider: SaslProvider;
}

/** Speaks one mechanism over `saslAuthenticate`, which carries a message to the broker and the answer back. */
type SaslProvider = (exchange: {
  readonly host: string;
  readonly port: number;
  readonly logger: unknown;
  readonly saslAuthenticate: (step: object) => Promise<unknown>;
}) => { authenticate(): Promise<void> };

type LogLine = (message: string, details?: object) => void;
export interface PrivateLogger {
  readonly namespace: () => PrivateLogger & Readonly<Record<'debug' | 'info' | 'warn' | 'error', LogLine>>;
}

/** A request and how to read its answer, as `Connection.send` takes it. */
export interface Protocol<Decoded> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    /** Resolves with an Encoder of kafkajs. */
    encode(): Promise<unknown>;
  };
  readonly response: {
    decode(payload: Buffer): Promise<Decoded>;
    /** kafkajs throws here at the first error of any partition, which loses the others' answers. */
    parse(decoded: Decoded): Promise<Decoded>;
  };
}

export interface ProduceFields {
  readonly acks: number;
  readonly timeout: number;
  /** Bits 0-2 of the batches' attributes. */
  readonly compression: number;
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

interface CreatePartitionsFields {
  readonly timeout: number;
  readonly validateOnly: boolean;
  /** `count`: how many partitions there should be in total. */
  readonly topicPartitions: readonly { readonly topic: string; readonly count: number }[];
}

interface ConfigResource {
  readonly type: number;
  readonly name: string;
  /** The entries to describe; absent for all. */
  readonly configNames?: readonly string[];
  /** The entries to set; all others are reset. */
  readonly configEntries?: readonly { readonly name: string; readonly value: string }[];
}

/** A kind of request: `protocol({ version })` makes an encoder for it. */
interface Definition<Fields> {
  protocol(choice: { version: number }): (fields: Fields) => Protocol<unknown>;
}

interface Requests {
  readonly Produce: Definition<ProduceFields>;
  readonly ListOffsets: Definition<ListOffsetsFields>;
  readonly CreateTopics: Definition<CreateTopicsFields>;
  readonly CreatePartitions: Definition<CreatePartitionsFields>;
  readonly DeleteTopics: Definition<{ topics: readonly string[]; timeout: number }>;
  readonly DescribeConfigs: Definition<{ resources: readonly ConfigResource[]; includeSynonyms: boolean }>;
  readonly AlterConfigs: Definition<{ resources: readonly ConfigResource[]; validateOnly: boolean }>;
}

const load = createRequire(import.meta.url);

const { prototype: requestQueue } = load('kafkajs/src/network/requestQueue') as {
  prototype: PrivateRequestQueue;
};
const planCheck = requestQueue.scheduleCheckPendingRequests;
/**
 * kafkajs schedules a check of its queue after every answer, even if the queue is empty, and each check schedules the
 * next: a 1 ms timer for ever (https://github.com/tulios/kafkajs/issues/1751). Checks are needed only while something
 * waits.
 */
requestQueue.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) planCheck.call(this);
};

export const Connection = load('kafkajs/src/network/connection') as new (
  options: ConnectionOptions,
) => PrivateConnection;

export const { requests } = load('kafkajs/src/protocol/requests') as { requests: Requests };

type SaslProviderOf = (login: { readonly username: string; readonly password: string }) => SaslProvider;

export const saslProviders: Readonly<Record<SaslMechanism, SaslProviderOf>> = {
  plain: load('kafkajs/src/broker/saslAuthenticator/plain') as SaslProviderOf,
  'scram-sha-256': load('kafkajs/src/broker/saslAuthenticator/scram256') as SaslProviderOf,
  'scram-sha-512': load('kafkajs/src/broker/saslAuthenticator/scram512') as SaslProviderOf,
};

const Encoder = load('kafkajs/src/protocol/encoder') as new () => { writeBuffer(bytes: Buffer): unknown };

/** Bytes of our own as a body that kafkajs sends. */
export const encoded = (bytes: Buffer): unknown => new Encoder().writeBuffer(bytes);

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const codecOf = (codec: number, fold: (bytes: Buffer) => Buffer): Codec => ({
  compress: async ({ buffer }) => fold(buffer),
  decompress: async (bytes) => unfold(bytes, codec),
});

// kafkajs contains only gzip, and this registry for other codecs. The registry also serves its own producers and
// consumers.
Object.assign(
  kafkajs.CompressionCodecs,
  Object.fromEntries(Object.entries(FOLDS).map(([n, fold]) => [n, () => codecOf(Number(n), fold)])),
);
