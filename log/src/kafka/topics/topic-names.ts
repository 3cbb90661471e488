import { type StreamId, streamOfTopic, topicOf } from '@topicast/contracts/stream-id';

/** What topics are called in Kafka: the installation's prefix, and then the name that everything else knows. */
export class TopicNames {
  constructor(private readonly prefix: string) {}

  ofStream = (stream: StreamId): string => this.prefix + topicOf(stream);

  /** Of a table or a group. */
  of = (name: string): string => this.prefix + name;

  /** The stream whose chunks a topic holds; undefined for any other topic, also one of another installation. */
  stream = (topic: string): StreamId | undefined =>
    topic.startsWith(this.prefix) ? streamOfTopic(topic.slice(this.prefix.length)) : undefined;
}
