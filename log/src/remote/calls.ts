import type { StreamId } from '@topicast/contracts/stream-id';
import {
  type EventStart,
  LogError,
  type LogErrorCode,
  type NewEventRecord,
  type Retention,
  type TailStart,
  type TopicSettings,
} from '../chunk-log.js';

/** What a client asks of the log; the methods of `ServedLog`, `Table` and `EventTopic` by name. */
export type Call =
  | { readonly method: 'createTopic'; readonly stream: StreamId; readonly settings: TopicSettings }
  | { readonly method: 'deleteTopic'; readonly stream: StreamId }
  | { readonly method: 'topics' }
  | { readonly method: 'bounds'; readonly stream: StreamId; readonly rendition: number }
  /** The answer is the entries of the map; null stands for an undefined offset. */
  | { readonly method: 'ends'; readonly streams: readonly StreamId[] }
  | { readonly method: 'ping' }
  | { readonly method: 'eventTopic'; readonly name: string; readonly retention: Retention }
  /** Of a topic that this client has opened. */
  | {
      readonly method: 'appendEvents';
      readonly name: string;
      /** If there is no key, it is left out. */
      readonly events: readonly EventOnWire[];
    }
  /** No value: delete the row. */
  | { readonly method: 'put'; readonly table: string; readonly key: string; readonly value?: string };

export interface AppendTarget {
  readonly stream: StreamId;
  readonly rendition: number;
}

export interface ChunkTailRequest {
  readonly stream: StreamId;
  readonly rendition: number;
  readonly start: TailStart;
}

/** For a topic that this client has opened. The answers are pieces of JSON, each a list of {@link EventOnWire}. */
export interface EventTailRequest {
  readonly events: string;
  readonly start: EventStart;
}

export type TailRequest = ChunkTailRequest | EventTailRequest;

/** JSON cannot express an undefined key, so it is left out. */
type EventOnWire = Omit<NewEventRecord, 'key'> & { readonly key?: string };

/** A LogError as it travels. */
export interface Failure {
  readonly code: LogErrorCode;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  const { message } = error as Error;
  return { code: error instanceof LogError ? error.code : 'unavailable', message };
}

export const errorOf = ({ code, message }: Failure): LogError => new LogError(code, message);
