import type { Milliseconds } from '@topicast/contracts/units';
import { decodeFetch, type Fetched } from './fetch-response.js';
import {
  type CreateTopicsFields,
  type FetchFields,
  type ListOffsetsFields,
  type ProduceFields,
  type Protocol,
  requests,
} from './kafkajs-private.js';

/**
 * The requests we make, each in one fixed version: the newest that kafkajs writes, spoken by every broker from 2.3 to
 * 4.x. Answers come as they are, error codes included.
 */
export interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly topicErrorCode: number;
  readonly topic: string;
  readonly partitionMetadata: readonly {
    readonly partitionErrorCode: number;
    readonly partitionId: number;
    /** A node id, or -1. */
    readonly leader: number;
  }[];
}

export interface Produced {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      /** Decimal. */
      readonly baseOffset: string;
    }[];
  }[];
}

export interface ListedOffsets {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      /** Decimal, "-1" if no record is at or after the time asked for. */
      readonly offset: string;
    }[];
  }[];
}

export interface TopicErrors {
  readonly topicErrors: readonly {
    readonly topic: string;
    readonly errorCode: number;
    readonly errorMessage?: string | null;
  }[];
}

/** Without this, kafkajs throws at the first error code in an answer. */
function unparsed<T>({ request, response }: Protocol<unknown>): Protocol<T> {
  const decode = response.decode as (payload: Buffer) => Promise<T>;
  return { request, response: { decode, parse: async (decoded) => decoded } };
}

/** An empty list asks for all topics. */
export const metadataRequest = (topics: readonly string[]): Protocol<Metadata> =>
  unparsed(requests.Metadata.protocol({ version: 6 })({ topics, allowAutoTopicCreation: false }));

export const produceRequest = (
  topicData: ProduceFields['topicData'],
  timeout: Milliseconds,
): Protocol<Produced> =>
  unparsed(requests.Produce.protocol({ version: 7 })({ acks: -1, timeout, topicData }));

const READ_UNCOMMITTED = 0;
export const EARLIEST = -2;
export const NEXT = -1;

export const listOffsetsRequest = (topics: ListOffsetsFields['topics']): Protocol<ListedOffsets> =>
  unparsed(requests.ListOffsets.protocol({ version: 3 })({ isolationLevel: READ_UNCOMMITTED, topics }));

export const createTopicsRequest = (fields: CreateTopicsFields): Protocol<TopicErrors> =>
  unparsed(requests.CreateTopics.protocol({ version: 3 })(fields));

export const deleteTopicsRequest = (
  topics: readonly string[],
  timeout: Milliseconds,
): Protocol<TopicErrors> => unparsed(requests.DeleteTopics.protocol({ version: 1 })({ topics, timeout }));

/** Our own decoder: it answers for each partition, and reads the records without a copy of the whole. */
export function fetchRequest(
  topics: FetchFields['topics'],
  maxWaitTime: Milliseconds,
  maxBytes: number,
): Protocol<Fetched> {
  const fields = { topics, maxWaitTime, minBytes: 1, maxBytes, isolationLevel: READ_UNCOMMITTED };
  const { request } = requests.Fetch.protocol({ version: 11 })(fields);
  return {
    request,
    response: { decode: async (payload) => decodeFetch(payload), parse: async (fetched) => fetched },
  };
}
