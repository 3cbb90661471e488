import { HEALTH_HISTORY } from '@topicast/contracts/stream-health';
import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds } from '@topicast/contracts/units';
import { type EventTopics, followEvents, HEALTH_ROWS } from '@topicast/log';
import type { Logger } from 'pino';
import { FirstWords } from './first-words.js';
import { History } from './history.js';

/** Streams that are live at the same time; others have no history here. */
const MOST_STREAMS = 2_000;
const SWEEP_EVERY_MS = 60_000;

/** The histories of all streams, read from the log once somebody has asked for one. */
export class HealthReader {
  readonly #log: EventTopics;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #histories = new Map<StreamId, History>();
  readonly #firstWords = new FirstWords();
  #sweptAt = Milliseconds.never;
  #following: Promise<void> | undefined;

  constructor(log: EventTopics, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Of a stream that is not live, it may be empty. */
  async of(stream: StreamId): Promise<History> {
    this.#following ??= this.#follow();
    await this.#firstWords.heard();
    return this.#histories.get(stream) ?? new History();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  #follow(): Promise<void> {
    const time = Milliseconds.sub(Milliseconds.wallClock(), HEALTH_HISTORY);
    return followEvents(
      this.#log,
      HEALTH_ROWS,
      {
        start: { at: 'time', time },
        hear: (events) => {
          for (const { key, event, timestamp } of events) {
            if (key !== undefined && isStreamId(key)) this.#historyOf(key)?.add(event, timestamp);
          }
          this.#sweep();
          this.#firstWords.note();
        },
        logger: this.#logger,
      },
      this.#closing.signal,
    );
  }

  #historyOf(stream: StreamId): History | undefined {
    const known = this.#histories.get(stream);
    if (known || this.#histories.size >= MOST_STREAMS) return known;
    const history = new History();
    this.#histories.set(stream, history);
    return history;
  }

  #sweep(): void {
    const now = Milliseconds.now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    for (const [stream, history] of this.#histories)
      if (history.isOver(Milliseconds.wallClock())) this.#histories.delete(stream);
  }
}
