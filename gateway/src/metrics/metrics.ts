import { CloseCode } from '@topicast/contracts/close-codes';
import type { JumpReason } from '@topicast/contracts/server-message';
import type { Milliseconds } from '@topicast/contracts/units';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { PROTOCOLS, type Protocol } from '../stream/protocol.js';

type DropReason = 'repeat' | 'stale' | 'undecodable';

/** Values that are computed when the metrics are read. */
interface Gauges {
  viewers(protocol: Protocol): number;
  viewersOfStartedStreams(): number;
  feeds(): number;
  ringBytes(): number;
  connections(): Promise<number>;
}

/**
 * What the gateway counts. The fields that grow with each chunk and viewer are plain numbers, read when somebody asks
 * for `/metrics`. No label names a viewer or a stream, because their number has no bound.
 */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly bytesSent = { raw: 0, v1: 0 };
  readonly chunksSent = { raw: 0, v1: 0 };
  readonly writes = { raw: 0, v1: 0 };
  readonly jumps: Record<JumpReason, number> = { lag: 0, lost: 0, session: 0, seek: 0 };
  readonly skipped: Record<JumpReason, number> = { lag: 0, lost: 0, session: 0, seek: 0 };
  readonly dropped: Record<DropReason, number> = { repeat: 0, stale: 0, undecodable: 0 };
  refusedConnections = 0;
  chunksRead = 0;
  lost = 0;
  /** For topics that somebody else writes. */
  continuityErrors = 0;
  droppedAccessUnits = 0;
  readonly #lag: Histogram;
  readonly #join: Histogram;
  readonly #logHop: Histogram;
  readonly #closes: Counter<'code'>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const count = (name: string, help: string, label: string, values: Record<string, number>): void => {
      new Counter({
        name: `topicast_gateway_${name}`,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [key, value] of Object.entries(values)) this.inc({ [label]: key }, value);
        },
      });
    };
    count('sent_bytes_total', 'Bytes handed to viewers, with frame headers', 'protocol', this.bytesSent);
    count('sent_chunks_total', 'Chunks handed to viewers', 'protocol', this.chunksSent);
    count('writes_total', 'Writes of chunks to viewers', 'protocol', this.writes);
    count('jumps_total', 'Times that a viewer jumped to another chunk', 'reason', this.jumps);
    count('skipped_chunks_total', 'Chunks that viewers skipped', 'reason', this.skipped);
    count('dropped_chunks_total', 'Chunks of the log that the feeds dropped', 'reason', this.dropped);
    this.#countFrom(
      'refused_connections_total',
      'Connections refused because there were too many',
      () => this.refusedConnections,
    );
    this.#countFrom('read_chunks_total', 'Chunks read from the log', () => this.chunksRead);
    this.#countFrom('lost_chunks_total', 'Chunks missing in the log', () => this.lost);
    this.#countFrom(
      'continuity_errors_total',
      'Gaps in the packets of topics without chunk headers',
      () => this.continuityErrors,
    );
    this.#countFrom(
      'dropped_access_units_total',
      'Pictures of topics without chunk headers that were damaged, or undecodable after damage',
      () => this.droppedAccessUnits,
    );
    this.#closes = new Counter({
      name: 'topicast_gateway_closes_total',
      help: 'WebSockets closed by the gateway',
      labelNames: ['code'],
      registers,
    });
    // A series that begins above 0 has no rate, so an alert would miss its first step.
    for (const code of Object.values(CloseCode)) this.#closes.inc({ code }, 0);
    this.#lag = new Histogram({
      name: 'topicast_gateway_viewer_lag_seconds',
      help: 'Media time sent to a viewer and not yet acknowledged, sampled',
      buckets: [0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 5],
      registers,
    });
    this.#join = new Histogram({
      name: 'topicast_gateway_join_seconds',
      help: 'From the accepted WebSocket to its first chunk',
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers,
    });
    this.#logHop = new Histogram({
      name: 'topicast_gateway_log_hop_seconds',
      help: 'From the append of a record to its arrival here',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    });
  }

  observeLag(lag: Milliseconds): void {
    this.#lag.observe(lag / 1000);
  }

  observeJoin(duration: Milliseconds): void {
    this.#join.observe(duration / 1000);
  }

  observeLogHop(duration: Milliseconds): void {
    this.#logHop.observe(duration / 1000);
  }

  countClose(code: number): void {
    this.#closes.inc({ code });
  }

  watch(gauges: Gauges): void {
    const registers = [this.registry];
    new Gauge({
      name: 'topicast_gateway_viewers',
      help: 'Viewers connected',
      labelNames: ['protocol'],
      registers,
      collect() {
        for (const protocol of PROTOCOLS) this.set({ protocol }, gauges.viewers(protocol));
      },
    });
    this.#gaugeFrom('viewers_of_started_streams', 'Viewers of streams that are started, live or not', () =>
      gauges.viewersOfStartedStreams(),
    );
    this.#gaugeFrom('feeds', 'Renditions being read', () => gauges.feeds());
    this.#gaugeFrom('ring_bytes', 'Bytes of chunks in memory', () => gauges.ringBytes());
    this.#gaugeFrom('connections', 'Connections open, of viewers and others', () => gauges.connections());
  }

  #gaugeFrom(name: string, help: string, value: () => number | Promise<number>): void {
    new Gauge({
      name: `topicast_gateway_${name}`,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await value());
      },
    });
  }

  #countFrom(name: string, help: string, value: () => number): void {
    new Counter({
      name: `topicast_gateway_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }
}
