import type { EventRecord, EventStart, EventTopic, NewEventRecord } from '../chunk-log.js';
import { checkEvents } from '../records.js';
import type { ClientConnection } from './client-connection.js';
import { parseBody } from './frames.js';

/** A topic of events that the log at the other end has opened for this connection. */
export class RemoteEventTopic implements EventTopic {
  readonly #name: string;
  readonly #connection: ClientConnection;

  constructor(name: string, connection: ClientConnection) {
    this.#name = name;
    this.#connection = connection;
  }

  async append(events: readonly NewEventRecord[]): Promise<number> {
    // Checked here too, so that events that are too large do not travel over the connection.
    checkEvents(events);
    const onWire = events.map(({ key, json }) => ({ json, ...(key !== undefined && { key }) }));
    return this.#connection.call<number>({ method: 'appendEvents', name: this.#name, events: onWire });
  }

  async *tail(start: EventStart, signal: AbortSignal): AsyncGenerator<readonly EventRecord[]> {
    for await (const piece of this.#connection.tail({ events: this.#name, start }, signal)) {
      yield parseBody<EventRecord[]>(piece).map((record) => ({ ...record, key: record.key }));
    }
  }
}
