import { STREAM_STATES, type StreamState } from '@topicast/contracts/server-message';
import type { EntranceStats } from '@topicast/ingest';
import type { ChunkWriter } from '@topicast/log';
import { Counter, Gauge, Histogram, type MetricConfiguration, Registry } from 'prom-client';
import { Speed } from './speed.js';

/** What we read from a stream at each scrape. */
interface StreamFacts {
  readonly state: StreamState;
  /** Chunks that are waiting for the log. */
  readonly queued: number;
  /** Chunks of the present session that never reached the log. */
  readonly dropped: number;
}

export interface FollowedStream {
  /** The log's own `append`, with measurement. */
  readonly append: ChunkWriter['append'];
  /** Call this from time to time, and at the end of each session, because the stream then counts from zero. */
  readonly countDrops: () => void;
  readonly end: () => void;
}

/**
 * The producer's own metrics, for `/metrics`. No label names a stream, because the number of streams has no bound. The
 * metrics of the process are not included, because in `npm start` the gateway already has them.
 */
export class ProducerMetrics {
  readonly registry = new Registry();
  restarts = 0;
  overtaken = 0;
  slates = 0;
  #dropped = 0;
  #chunks = 0;
  #bytes = 0;
  readonly #streams = new Map<StreamFacts, Speed>();
  readonly #appends: Histogram;

  constructor() {
    const streams = this.#streams;
    new Gauge({
      ...this.#named('encoders', 'Number of streams of this producer, by the state of their encoder'),
      labelNames: ['state'],
      collect() {
        for (const state of STREAM_STATES) {
          this.set({ state }, [...streams.keys()].filter((stream) => stream.state === state).length);
        }
      },
    });
    new Gauge({
      ...this.#named(
        'slowest_speed',
        'Seconds of media that reach the log per second, for the slowest live stream',
      ),
      collect() {
        const speeds = [...streams].flatMap(([{ state }, speed]) =>
          state === 'live' ? (speed.now ?? []) : [],
        );
        if (speeds.length > 0) this.set(Math.min(...speeds));
        else this.remove();
      },
    });
    new Gauge({
      ...this.#named('queued_chunks', 'Number of chunks that are waiting for the log'),
      collect() {
        this.set([...streams.keys()].reduce((sum, { queued }) => sum + queued, 0));
      },
    });
    this.#count(
      'encoder_restarts_total',
      'Number of times that an encoder was restarted',
      () => this.restarts,
    );
    this.#count('chunks_total', 'Number of chunks appended to the log', () => this.#chunks);
    this.#count('bytes_total', 'Bytes of the chunks appended to the log', () => this.#bytes);
    this.#count('dropped_chunks_total', 'Number of chunks that never reached the log', () => this.#dropped);
    this.#count(
      'overtaken_total',
      'Number of encoders ended because another producer had taken over',
      () => this.overtaken,
    );
    this.#count(
      'slates_total',
      'Number of times that viewers saw a slate because an encoder was away',
      () => this.slates,
    );
    this.#appends = new Histogram({
      ...this.#named('append_seconds', 'Seconds that the log takes for an append'),
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
    });
  }

  /** Begin to count a stream and what is appended for it. */
  follow(facts: StreamFacts, log: Pick<ChunkWriter, 'append'>): FollowedStream {
    const speed = new Speed();
    this.#streams.set(facts, speed);
    let known = 0;
    const countDrops = (): void => {
      const { dropped } = facts;
      this.#dropped += dropped < known ? dropped : dropped - known;
      known = dropped;
    };
    const append: ChunkWriter['append'] = async (stream, rendition, records) => {
      const begun = performance.now();
      const offset = await log.append(stream, rendition, records);
      this.#appends.observe((performance.now() - begun) / 1000);
      this.#chunks += records.length;
      for (const { value } of records) this.#bytes += value.byteLength;
      const newest = records.at(-1)?.header;
      if (newest && rendition === 0) speed.add(newest, performance.now());
      return offset;
    };
    const end = (): void => {
      countDrops();
      this.#streams.delete(facts);
    };
    return { append, countDrops, end };
  }

  /** Tell of the encoders that come to us. @param way what they speak */
  followEncoders(way: 'rtmp' | 'camera' | 'whip', stats: Readonly<EntranceStats>): void {
    this.#count(`${way}_connections_total`, 'Connections of encoders', () => stats.connections);
    this.#count(`${way}_admitted_total`, 'Encoders that were let in', () => stats.admitted);
    this.#count(
      `${way}_turned_away_total`,
      'Connections closed because too many had shown no valid stream key',
      () => stats.turnedAway,
    );
    this.#count(
      `${way}_broken_total`,
      'Connections closed because what they sent before a stream key was not the protocol, or too much',
      () => stats.broken,
    );
    this.#count(`${way}_cut_total`, 'Encoders that were disconnected for what they sent', () => stats.cut);
    new Counter({
      ...this.#named(`${way}_refused_total`, 'Encoders that were not let in, by the reason'),
      labelNames: ['why'],
      collect() {
        this.reset();
        for (const [why, count] of Object.entries(stats.refused)) this.inc({ why }, count);
      },
    });
  }

  #count(name: string, help: string, value: () => number): void {
    new Counter({
      ...this.#named(name, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  #named(name: string, help: string): MetricConfiguration<string> {
    return { name: `topicast_producer_${name}`, help, registers: [this.registry] };
  }
}
