import type { EventRecord, EventStart, EventTopic, NewEventRecord } from '../../chunk-log.js';
import { checkEvents } from '../../records.js';
import type { Calls } from '../calls.js';
import type { Tails } from '../read/tails.js';
import type { KafkaRecord } from '../wire/record-batch.js';
import { eventMessage } from '../write/messages.js';
import type { Writer } from '../write/writer.js';

/** In one partition, because events have one order. */
const PARTITION = 0;

/** Events in a topic: the key is the record's, the JSON its value, so that any Kafka client can read and write them. */
export class KafkaEventTopic implements EventTopic {
  readonly #topic: string;
  readonly #calls: Calls;
  readonly #writer: Writer;
  readonly #tails: Tails;

  constructor(topic: string, calls: Calls, writer: Writer, tails: Tails) {
    this.#topic = topic;
    this.#calls = calls;
    this.#writer = writer;
    this.#tails = tails;
  }

  async append(events: readonly NewEventRecord[]): Promise<number> {
    checkEvents(events);
    // Encoded once: every attempt sends the identical batch.
    const messages = events.map(eventMessage);
    return this.#calls.do(() => this.#writer.write(this.#topic, PARTITION, messages));
  }

  async *tail(start: EventStart, signal: AbortSignal): AsyncGenerator<readonly EventRecord[]> {
    this.#calls.checkOpen();
    for await (const records of this.#tails.read(this.#topic, PARTITION, start, signal)) {
      yield records.map(asEvent);
    }
  }
}

const asEvent = ({ offset, timestamp, key, value }: KafkaRecord): EventRecord => ({
  offset,
  timestamp,
  key,
  json: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'),
});
