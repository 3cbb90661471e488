import {
  type AudienceFigures,
  type GatewayFigures,
  HEALTH_EVERY,
  HEALTH_FRESH,
  HEALTH_HISTORY,
  type HealthColumns,
  type HealthRow,
  type ProducerFigures,
} from '@topicast/contracts/stream-health';
import type { Milliseconds } from '@topicast/contracts/units';
import { delivery, lately, together } from './together.js';

const MOST_COLUMNS = HEALTH_HISTORY / HEALTH_EVERY;
/** Processes of gateways that tell of one stream at a time. */
const MOST_PROCESSES = 500;
/** Rows come in the order of the log, whose clock may differ a little from broker to broker: in columns. */
const MOST_LATE = 5;
/** What is called a fault has lasted for so many rows. */
const LATELY_ROWS = 5;

interface Column {
  /** In steps of {@link HEALTH_EVERY} since the epoch. */
  readonly number: number;
  producer: ProducerFigures | undefined;
  readonly gateways: Map<string, GatewayFigures>;
}

export interface Newest {
  readonly producer: ProducerFigures | undefined;
  readonly audience: AudienceFigures | undefined;
}

/**
 * How one stream went in the last minutes. It depends on the rows of the log and their times alone, so all gateways
 * tell the same.
 */
export class History {
  readonly #columns: Column[] = [];

  /** @param time of the log */
  add(row: HealthRow, time: Milliseconds): void {
    const column = this.#columnAt(Math.floor(time / HEALTH_EVERY));
    if (!column) return;
    if (row.from === 'producer') {
      // Two producers overlap while one hands over to the other.
      if (row.session >= (column.producer?.session ?? 0)) column.producer = row;
    } else if (column.gateways.size < MOST_PROCESSES) {
      column.gateways.set(row.process, row);
    }
  }

  /** Nothing but this was heard of the stream for as long as the history reaches. */
  isOver(now: Milliseconds): boolean {
    const newest = this.#columns.at(-1);
    return newest === undefined || newest.number < Math.floor(now / HEALTH_EVERY) - MOST_COLUMNS;
  }

  newest(now: Milliseconds): Newest {
    const since = Math.floor((now - HEALTH_FRESH) / HEALTH_EVERY);
    const fresh = this.#columns.filter(({ number }) => number >= since);
    const gateways = new Map(fresh.flatMap((column) => [...column.gateways]));
    const producer = fresh.some((column) => column.producer)
      ? lately(this.#columns.slice(-LATELY_ROWS).flatMap((column) => column.producer ?? []))
      : undefined;
    return { producer, audience: together([...gateways.values()]) };
  }

  /** From this time on, wall clock; the last column is the last whole one. */
  columns(since: Milliseconds, now: Milliseconds): HealthColumns {
    const end = Math.floor(now / HEALTH_EVERY);
    const begin = Math.max(
      Math.ceil(since / HEALTH_EVERY),
      end - MOST_COLUMNS,
      this.#columns[0]?.number ?? end,
    );
    const byNumber = new Map(this.#columns.map((column) => [column.number, column]));
    const shown = Array.from({ length: Math.max(0, end - begin) }, (_, index) => {
      const [before, column] = [byNumber.get(begin + index - 1), byNumber.get(begin + index)];
      // Rows do not keep step with the columns: one may come just before its own.
      const producer = column?.producer ?? (before?.producer && { ...before.producer, dropped: 0 });
      const gateways = new Map([...(before?.gateways ?? []), ...(column?.gateways ?? [])]);
      return { time: (begin + index) * HEALTH_EVERY, producer, audience: together([...gateways.values()]) };
    });
    const ofProducer = (read: (row: ProducerFigures) => number | undefined) =>
      shown.map(({ producer }) => (producer && read(producer)) ?? null);
    const ofAudience = (read: (row: AudienceFigures) => number | undefined) =>
      shown.map(({ audience }) => (audience && read(audience)) ?? null);
    return {
      time: shown.map(({ time }) => time),
      bitrate: ofProducer(({ renditions }) => renditions[0]?.bitrate),
      frameRate: ofProducer(({ renditions }) => renditions[0]?.frameRate),
      keyframeInterval: ofProducer((row) => row.keyframeInterval),
      speed: ofProducer((row) => row.speed),
      late: ofProducer((row) => row.late?.p95),
      append: ofProducer((row) => row.append?.p95),
      dropped: ofProducer((row) => row.dropped),
      // Gateways tell of streams with viewers only.
      viewers: shown.map(({ producer, audience }) => audience?.viewers ?? (producer ? 0 : null)),
      delivery50: ofAudience((row) => delivery(row, 'p50')),
      delivery95: ofAudience((row) => delivery(row, 'p95')),
      stalled: ofAudience(({ stalled, viewers }) => (viewers > 0 ? stalled / viewers : undefined)),
    };
  }

  /** Undefined for one that is too old. */
  #columnAt(number: number): Column | undefined {
    // The log's clock was set back: what comes now is newer than what was written in its future.
    while (this.#columns.at(-1) && number < this.#columns.at(-1)!.number - MOST_LATE) this.#columns.pop();
    const newest = this.#columns.at(-1);
    if (newest && number <= newest.number) return this.#columns.find((column) => column.number === number);
    const column: Column = { number, producer: undefined, gateways: new Map() };
    this.#columns.push(column);
    while (this.#columns[0]!.number <= number - MOST_COLUMNS) this.#columns.shift();
    return column;
  }
}
