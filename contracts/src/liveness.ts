import {
  type IngestPorts,
  PRODUCER_SILENCE_MS,
  type ProducerHeartbeat,
  producerHeartbeat,
  producerKey,
} from './tables.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';
import type { Milliseconds } from './units.js';

interface LivenessClock {
  /** Runs evenly; its zero does not matter. */
  monotonic(): Milliseconds;
  wall(): Milliseconds;
}

const HEARTBEATS: RowKind<string, ProducerHeartbeat> = {
  prefix: producerKey(''),
  isName: (text): text is string => text !== '',
  schema: producerHeartbeat,
};

interface Sign {
  readonly at: number;
  readonly leaving: boolean;
}

/**
 * Which producers are alive: the one answer for producers and gateways. A heartbeat counts from the moment when we
 * heard it, on this host's clock, because other clocks may be wrong. Only a heartbeat that was in the table when it was
 * opened counts from the time written in it, or from now if that time is in the future.
 */
export class Liveness {
  /** The rows themselves, for a producer that writes its own. */
  readonly heartbeats: TypedTable<string, ProducerHeartbeat>;
  readonly #clock: LivenessClock;
  readonly #heard = new Map<string, Sign>();
  readonly #listeners = new Set<(producer: string) => void>();

  constructor(
    /** `topicast.status`. */
    table: KeyValueTable,
    clock: LivenessClock,
  ) {
    this.#clock = clock;
    this.heartbeats = new TypedTable(table, HEARTBEATS);
    for (const [producer, { at, leaving }] of this.heartbeats.rows) {
      const age = Math.max(0, clock.wall() - Date.parse(at));
      this.#heard.set(producer, { at: clock.monotonic() - age, leaving });
    }
    this.heartbeats.onChange((producer, heartbeat) => this.#note(producer, heartbeat));
  }

  isAlive(producer: string): boolean {
    const sign = this.#heard.get(producer);
    return sign !== undefined && !this.#isLate(sign);
  }

  /** All that are alive. */
  alive(): Set<string> {
    return new Set(this.#lately().map(([producer]) => producer));
  }

  /** Those of them that have not said that they are leaving. */
  staying(): Set<string> {
    return new Set(this.#lately().flatMap(([producer, { leaving }]) => (leaving ? [] : producer)));
  }

  /** The ports at which producers that stay take encoders; if several do, the lowest of each kind. */
  get ingestPorts(): IngestPorts {
    const beats = [...this.staying()].map((producer) => this.heartbeats.get(producer));
    const lowest = (kind: keyof IngestPorts): number | undefined =>
      beats
        .map((beat) => beat?.[kind])
        .filter((port) => port !== undefined)
        .sort((a, b) => a - b)[0];
    return { rtmpPort: lowest('rtmpPort'), cameraPort: lowest('cameraPort'), whipPort: lowest('whipPort') };
  }

  /** Where a producer that stays takes the encoder of this stream by SRT. */
  srtPlace(stream: string): { readonly host: string | undefined; readonly port: number } | undefined {
    for (const producer of this.staying()) {
      const { host, ports = {} } = this.heartbeats.get(producer)?.srt ?? {};
      const port = ports[stream];
      if (port !== undefined) return { host, port };
    }
    return undefined;
  }

  /** Whether a producer that stays takes encoders by SRT. */
  get takesSrt(): boolean {
    return [...this.staying()].some((producer) => this.heartbeats.get(producer)?.srt !== undefined);
  }

  /** What each producer that stays says about its encoders; one that does not tell is left out. */
  get encoding(): NonNullable<ProducerHeartbeat['encoding']>[] {
    return [...this.staying()].flatMap((producer) => this.heartbeats.get(producer)?.encoding ?? []);
  }

  /**
   * The listener is called when a heartbeat arrives or a producer has left; silence causes no call. Returns a function
   * that removes it.
   */
  onChange(listener: (producer: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.heartbeats.close();
  }

  #note(producer: string, heartbeat: ProducerHeartbeat | undefined): void {
    if (heartbeat === undefined) this.#heard.delete(producer);
    else this.#heard.set(producer, { at: this.#clock.monotonic(), leaving: heartbeat.leaving });
    for (const tell of [...this.#listeners]) tell(producer);
  }

  #lately(): [producer: string, sign: Sign][] {
    return [...this.#heard].filter(([, sign]) => !this.#isLate(sign));
  }

  #isLate({ at }: Sign): boolean {
    return this.#clock.monotonic() - at >= PRODUCER_SILENCE_MS;
  }
}
