import type { Milliseconds } from '@topicast/contracts/units';
import { FETCH, type Fetched, type FetchFields } from './fetch-api.js';
import { flexibleRequest } from './flexible.js';
import {
  type CreateTopicsFields,
  type ListOffsetsFields,
  type ProduceFields,
  type Protocol,
  requests,
} from './kafkajs-private.js';
import { METADATA, type Metadata } from './metadata-api.js';

// The requests that we make, each in one fixed version that every broker from 3.1 to 4.x supports. Reading and metadata
// have our own encoders, because they need topic ids; the others use the newest version that kafkajs writes. Answers
// are returned unchanged, including error codes.

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

interface ListedOffsets {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      /** Decimal, "-1" if there is no record at or after the requested time. */
      readonly offset: string;
    }[];
  }[];
}

interface TopicErrors {
  readonly topicErrors: readonly {
    readonly topic: string;
    readonly errorCode: number;
    readonly errorMessage?: string | null;
  }[];
}

interface AlteredConfigs {
  readonly resources: readonly { readonly errorCode: number; readonly errorMessage: string | null }[];
}

interface DescribedConfigs {
  readonly resources: readonly (AlteredConfigs['resources'][number] & {
    readonly configEntries: readonly {
      readonly configName: string;
      readonly configValue: string;
      readonly configSource: number;
    }[];
  })[];
}

/** Without this, kafkajs throws at the first error code in an answer. */
function unparsed<T>({ request, response }: Protocol<unknown>): Protocol<T> {
  const decode = response.decode as (payload: Buffer) => Promise<T>;
  return { request, response: { decode, parse: async (decoded) => decoded } };
}

/** An empty list asks for all topics. */
export const metadataRequest = (topics: readonly string[]): Protocol<Metadata> =>
  flexibleRequest(METADATA, topics.length === 0 ? 'all' : topics);

export const fetchRequest = (fields: FetchFields): Protocol<Fetched> => flexibleRequest(FETCH, fields);

export const produceRequest = (
  batches: Pick<ProduceFields, 'topicData' | 'compression'>,
  timeout: Milliseconds,
): Protocol<Produced> =>
  unparsed(requests.Produce.protocol({ version: 7 })({ acks: -1, timeout, ...batches }));

const READ_UNCOMMITTED = 0;
export const EARLIEST = -2;
export const NEXT = -1;

export const listOffsetsRequest = (topics: ListOffsetsFields['topics']): Protocol<ListedOffsets> =>
  unparsed(requests.ListOffsets.protocol({ version: 3 })({ isolationLevel: READ_UNCOMMITTED, topics }));

export const createTopicsRequest = (fields: CreateTopicsFields): Protocol<TopicErrors> =>
  unparsed(requests.CreateTopics.protocol({ version: 3 })(fields));

/** In version 1, Kafka chooses the brokers for the new partitions if none are given. */
export const createPartitionsRequest = (
  topic: string,
  count: number,
  timeout: Milliseconds,
): Protocol<TopicErrors> =>
  unparsed(
    requests.CreatePartitions.protocol({ version: 1 })({
      topicPartitions: [{ topic, count }],
      validateOnly: false,
      timeout,
    }),
  );

export const deleteTopicsRequest = (
  topics: readonly string[],
  timeout: Milliseconds,
): Protocol<TopicErrors> => unparsed(requests.DeleteTopics.protocol({ version: 1 })({ topics, timeout }));

const TOPIC = 2;

export const describeTopicRequest = (name: string): Protocol<DescribedConfigs> =>
  unparsed(
    requests.DescribeConfigs.protocol({ version: 2 })({
      resources: [{ type: TOPIC, name, configNames: [] }],
      includeSynonyms: false,
    }),
  );

/** Resets all settings of the topic that are not among these. */
export const alterTopicRequest = (
  name: string,
  configEntries: readonly { readonly name: string; readonly value: string }[],
): Protocol<AlteredConfigs> =>
  unparsed(
    requests.AlterConfigs.protocol({ version: 1 })({
      resources: [{ type: TOPIC, name, configEntries }],
      validateOnly: false,
    }),
  );
