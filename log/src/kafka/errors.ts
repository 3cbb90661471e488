import { LogError } from '../chunk-log.js';

/** Something that another try may cure: a broker that does not answer, a leader that has moved. */
export class Transient extends Error {
  override readonly name = 'Transient';
}

/** The requested offset is not in the log: too old, or not there yet. After another look at the bounds it may be. */
export class OffsetOutOfRange extends Transient {}

/**
 * What a broker's error code asks of us. https://kafka.apache.org/protocol.html#protocol_error_codes
 * - `unknown`: no such topic or partition *there*: look it up before believing it
 * - `moved`: another broker leads now, or none does at the moment
 * - `out-of-range`: the offset is not in the log
 * - `damaged`: the broker cannot read what it has stored there
 * - `invalid`: no repetition will help
 * - `transient`: try again
 */
type Verdict = 'fine' | 'unknown' | 'moved' | 'out-of-range' | 'damaged' | 'invalid' | 'transient';

const VERDICTS: Readonly<Record<number, Verdict>> = {
  0: 'fine',
  1: 'out-of-range',
  2: 'damaged', // CORRUPT_MESSAGE
  3: 'unknown',
  5: 'moved', // LEADER_NOT_AVAILABLE
  6: 'moved', // NOT_LEADER_OR_FOLLOWER
  8: 'moved', // BROKER_NOT_AVAILABLE
  9: 'moved', // REPLICA_NOT_AVAILABLE
  10: 'invalid', // MESSAGE_TOO_LARGE
  17: 'invalid', // INVALID_TOPIC_EXCEPTION
  18: 'invalid', // RECORD_LIST_TOO_LARGE
  29: 'invalid', // TOPIC_AUTHORIZATION_FAILED
  31: 'invalid', // CLUSTER_AUTHORIZATION_FAILED
  32: 'invalid', // INVALID_TIMESTAMP
  37: 'invalid', // INVALID_PARTITIONS
  40: 'invalid', // INVALID_CONFIG
  42: 'invalid', // INVALID_REQUEST
  44: 'invalid', // POLICY_VIOLATION
  56: 'moved', // KAFKA_STORAGE_ERROR
  74: 'moved', // FENCED_LEADER_EPOCH
  75: 'moved', // UNKNOWN_LEADER_EPOCH
  76: 'invalid', // UNSUPPORTED_COMPRESSION_TYPE
  78: 'moved', // OFFSET_NOT_AVAILABLE
  87: 'invalid', // INVALID_RECORD
  100: 'unknown', // UNKNOWN_TOPIC_ID
  103: 'unknown', // INCONSISTENT_TOPIC_ID
};

export const TOPIC_ALREADY_EXISTS = 36;
export const UNKNOWN_TOPIC = 3;

export const verdictOf = (code: number): Verdict => VERDICTS[code] ?? 'transient';

export const unknownTopic = (topic: string): LogError =>
  new LogError('unknown-topic', `there is no topic "${topic}"`);

export const closedLog = (): LogError => new LogError('closed', 'the log is closed');

/** The error for a code that is neither fine nor about where a partition is. */
export const refusal = (what: string, code: number, words?: string): LogError | Transient =>
  verdictOf(code) === 'invalid'
    ? new LogError('invalid', `Kafka refuses ${what}: ${words ?? `error ${code}`}`)
    : new Transient(`Kafka could not do ${what}: ${words ?? `error ${code}`}`);
