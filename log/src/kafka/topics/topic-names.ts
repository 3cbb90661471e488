import { type StreamId, streamOfTopic, topicOf } from '@topicast/contracts/stream-id';
import { LogError } from '../../chunk-log.js';

const EVENTS = 'events.';

/** The names of topics in Kafka: the installation's prefix, and then the name that everything else uses. */
export class TopicNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  ofStream = (stream: StreamId): string => this.#prefix + topicOf(stream);

  ofEvents = (name: string): string => this.#prefix + EVENTS + name;

  /** Of a table or a group. */
  of = (name: string): string => this.#prefix + name;

  /** The stream whose chunks a topic holds; undefined for any other topic, including those of another installation. */
  stream = (topic: string): StreamId | undefined =>
    topic.startsWith(this.#prefix) ? streamOfTopic(topic.slice(this.#prefix.length)) : undefined;
}

/** @throws {LogError} `invalid` for the name of a stream's topic, or of a topic of events */
export function checkTopicOfTable(name: string): void {
  for (const [prefix, what] of [
    ['live.', 'a stream'],
    [EVENTS, 'events'],
  ] as const) {
    if (name.startsWith(prefix))
      throw new LogError('invalid', `"${name}" is the topic of ${what}, not a table`);
  }
}
