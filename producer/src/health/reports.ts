import type { StreamHappening } from '@topicast/contracts/stream-event';
import { HEALTH_EVERY, type ProducerFigures } from '@topicast/contracts/stream-health';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamStatus } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import { EventOutbox, type EventTopics, HEALTH_ROWS, STREAM_EVENTS } from '@topicast/log';
import type { Logger } from 'pino';
import { happeningOf } from '../status/happening.js';
import { StreamFigures } from './figures.js';

const MOST_ROWS = 2_000;
const MOST_EVENTS = 1_000;

/** What is asked of a stream with each row. */
interface StreamFacts {
  readonly way: ProducerFigures['way'];
  readonly isLive: boolean;
  readonly session: number | undefined;
  /** Chunks of the present session that never reached the log. */
  readonly dropped: number;
}

interface Followed {
  readonly facts: StreamFacts;
  readonly figures: StreamFigures;
  session: number | undefined;
  dropped: number;
}

interface ReportsOptions {
  readonly me: string;
  readonly log: EventTopics;
  readonly logger: Logger;
}

/** Tells the log how the streams of this producer go, and what happens to them. */
export class Reports {
  readonly #me: string;
  readonly #streams = new Map<StreamFacts, { readonly stream: StreamId; readonly followed: Followed }>();
  readonly #rows: EventOutbox<(typeof HEALTH_ROWS)['schema']>;
  readonly #events: EventOutbox<(typeof STREAM_EVENTS)['schema']>;
  readonly #timer: NodeJS.Timeout;

  constructor({ me, log, logger }: ReportsOptions) {
    this.#me = me;
    this.#rows = new EventOutbox(log, HEALTH_ROWS, { logger, most: MOST_ROWS, whenAway: 'drop' });
    this.#events = new EventOutbox(log, STREAM_EVENTS, { logger, most: MOST_EVENTS, whenAway: 'wait' });
    this.#timer = setInterval(() => this.#tick(), HEALTH_EVERY);
  }

  /** Begin to tell of a stream. The facts are read with each row. */
  follow(
    stream: StreamId,
    facts: StreamFacts,
  ): { readonly figures: StreamFigures; readonly end: () => void } {
    const figures = new StreamFigures(Milliseconds.now());
    this.#streams.set(facts, { stream, followed: { facts, figures, session: undefined, dropped: 0 } });
    return { figures, end: () => void this.#streams.delete(facts) };
  }

  happened(stream: StreamId, happening: StreamHappening): void {
    this.#events.add({ key: stream, event: { ...happening, at: Date.now() } });
  }

  /** Of a stream's status. */
  changed(stream: StreamId, before: StreamStatus, after: StreamStatus): void {
    const happening = happeningOf(before, after);
    if (happening) this.happened(stream, happening);
  }

  /** Resolves when the events are written, or after a short time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#rows.close(), this.#events.close()]);
  }

  #tick(): void {
    const now = Milliseconds.now();
    const rows = [...this.#streams.values()].flatMap(({ stream, followed }) => {
      const event = this.#rowOf(followed, now);
      return event ? [{ key: stream, event }] : [];
    });
    this.#rows.add(...rows);
  }

  #rowOf(followed: Followed, now: Milliseconds): ProducerFigures | undefined {
    const { facts, figures } = followed;
    const { session, dropped, isLive, way } = facts;
    const row = figures.take(now);
    const isNew = session !== followed.session;
    const lost = isNew || dropped < followed.dropped ? dropped : dropped - followed.dropped;
    followed.session = session;
    followed.dropped = dropped;
    if (!isLive || session === undefined) return undefined;
    return { from: 'producer', process: this.#me, session, way, dropped: lost, ...row };
  }
}
