import { MOST_EVENTS_SHOWN, type StreamEvent, type StreamHappening } from '@topicast/contracts/stream-event';
import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { EventOutbox, type EventTopics, followEvents, STREAM_EVENTS } from '@topicast/log';
import type { Logger } from 'pino';
import { FirstWords } from './first-words.js';

const MOST_STREAMS = 5_000;
const MOST_WAITING = 1_000;

/** What has happened to streams: what this gateway did, told to the log, and what the log tells of all. */
export class StreamEvents {
  readonly #log: EventTopics;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #outbox: EventOutbox<(typeof STREAM_EVENTS)['schema']>;
  /** Oldest first; the stream of which something was heard last comes last. */
  readonly #events = new Map<StreamId, StreamEvent[]>();
  readonly #firstWords = new FirstWords();
  #following: Promise<void> | undefined;

  constructor(log: EventTopics, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
    this.#outbox = new EventOutbox(log, STREAM_EVENTS, { logger, most: MOST_WAITING, whenAway: 'wait' });
  }

  happened(stream: StreamId, happening: StreamHappening): void {
    this.#outbox.add({ key: stream, event: { ...happening, at: Date.now() } });
  }

  /** The newest first. The log is read once somebody asks. */
  async of(stream: StreamId, limit: number): Promise<StreamEvent[]> {
    this.#following ??= followEvents(
      this.#log,
      STREAM_EVENTS,
      {
        start: { at: 'earliest' },
        hear: (events) => {
          for (const { key, event } of events)
            if (key !== undefined && isStreamId(key)) this.#hear(key, event);
          this.#firstWords.note();
        },
        logger: this.#logger,
      },
      this.#closing.signal,
    );
    await this.#firstWords.heard();
    return (this.#events.get(stream) ?? []).slice(-limit).reverse();
  }

  async close(): Promise<void> {
    await this.#outbox.close();
    this.#closing.abort();
    await this.#following;
  }

  #hear(stream: StreamId, event: StreamEvent): void {
    // Another stream of the same name is none of its business.
    const before = event.kind === 'created' ? [] : (this.#events.get(stream) ?? []);
    this.#events.delete(stream);
    this.#events.set(stream, [...before, event].slice(-MOST_EVENTS_SHOWN));
    if (this.#events.size <= MOST_STREAMS) return;
    const [oldest] = this.#events.keys();
    if (oldest !== undefined) this.#events.delete(oldest);
  }
}
