import type { EventRecord, EventStart, EventTopic, LogRecord, NewEventRecord } from '../chunk-log.js';
import { checkEvents } from '../records.js';
import { decodeEvent, encodeEvent } from './event-format.js';
import type { NewStoredRecord } from './record-format.js';

/** The log's access to the partition that holds a topic's events. */
interface EventPartition {
  append(records: readonly NewStoredRecord[]): number;
  tail(start: EventStart, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;
}

/** Events as records without a chunk header. */
export class EmbeddedEventTopic implements EventTopic {
  readonly #partition: EventPartition;

  constructor(partition: EventPartition) {
    this.#partition = partition;
  }

  async append(events: readonly NewEventRecord[]): Promise<number> {
    checkEvents(events);
    return this.#partition.append(events.map((event) => ({ header: undefined, value: encodeEvent(event) })));
  }

  async *tail(start: EventStart, signal: AbortSignal): AsyncGenerator<readonly EventRecord[]> {
    for await (const records of this.#partition.tail(start, signal)) yield records.map(decodeEvent);
  }
}
