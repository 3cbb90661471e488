import type { StreamId } from '@topicast/contracts/stream-id';
import { LogError, type LogErrorCode, type TailStart, type TopicSettings } from '../chunk-log.js';

/** What a worker asks of the log; the methods of `ChunkLog` and `Table` by name. */
export type Call =
  | { readonly method: 'createTopic'; readonly stream: StreamId; readonly settings: TopicSettings }
  | { readonly method: 'deleteTopic'; readonly stream: StreamId }
  | { readonly method: 'topics' }
  | { readonly method: 'bounds'; readonly stream: StreamId; readonly rendition: number }
  | { readonly method: 'ping' }
  /** No value: delete the row. */
  | { readonly method: 'put'; readonly table: string; readonly key: string; readonly value?: string };

export interface AppendTarget {
  readonly stream: StreamId;
  readonly rendition: number;
}

export interface TailRequest {
  readonly stream: StreamId;
  readonly rendition: number;
  readonly start: TailStart;
}

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
