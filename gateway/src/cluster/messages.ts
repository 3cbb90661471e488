import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { GatewayConfig } from '../config.js';
import type { Counts } from '../viewer/peers.js';

export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Over the channel that node:cluster opens between primary and worker: JSON. The log has a socket of its own. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly config: GatewayConfig;
      readonly operatorToken: string;
      /** Address of the log. */
      readonly log: string;
    }
  /** The viewers of the other workers. */
  | { readonly type: 'elsewhere'; readonly counts: SentCounts }
  | { readonly type: 'collect-metrics'; readonly id: number }
  /** Of all processes together. */
  | { readonly type: 'metrics'; readonly id: number; readonly text: string }
  | { readonly type: 'no-metrics'; readonly id: number }
  /** Let the viewers move, and end. */
  | { readonly type: 'drain' };

export type ToPrimary =
  /** The worker listens. Messages to a process of node:cluster before that are lost. */
  | { readonly type: 'hello' }
  | { readonly type: 'ready'; readonly port: number }
  /** The settings are unusable: one line for the person who set them. */
  | { readonly type: 'failed'; readonly message: string }
  /** Sent about once a second; also serves as a sign of life. */
  | { readonly type: 'counts'; readonly counts: SentCounts }
  | { readonly type: 'own-metrics'; readonly id: number; readonly metrics: Metrics }
  | { readonly type: 'ask-metrics'; readonly id: number };

export interface SentCounts {
  readonly viewers: number;
  readonly streams: readonly (readonly [string, number])[];
  readonly addresses: readonly (readonly [string, number])[];
}

export const packCounts = ({ viewers, streams, addresses }: Counts): SentCounts => ({
  viewers,
  streams: [...streams],
  addresses: [...addresses],
});

export const unpackCounts = ({ viewers, streams, addresses }: SentCounts): Counts => ({
  viewers,
  streams: new Map(streams),
  addresses: new Map(addresses),
});

export function sumCounts(all: readonly Counts[]): Counts {
  return {
    viewers: all.reduce((sum, { viewers }) => sum + viewers, 0),
    streams: sumMaps(all.map(({ streams }) => streams)),
    addresses: sumMaps(all.map(({ addresses }) => addresses)),
  };
}

function sumMaps(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const map of maps) for (const [key, count] of map) sum.set(key, (sum.get(key) ?? 0) + count);
  return sum;
}
