import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quantile } from '@topicast/test/glass';
import type { BadNetwork } from '@topicast/test/network/bad-network';
import { table } from '../table.js';
import { type Conditions, describeConditions } from './conditions.js';

const KINDS = ['picture', 'keyframe', 'audio'] as const;

/** When a chunk arrived at a viewer. */
export interface Arrival {
  /** Decode time on the encoder's time line. */
  readonly mediaMs: number;
  /** When the encoder took in the picture, by the wall clock. */
  readonly takenInMs: number;
  /** When the chunk arrived, by the wall clock. */
  readonly arrivedMs: number;
  readonly bytes: number;
  readonly kind: (typeof KINDS)[number];
}

/** Join the stream at the viewer's end of the network, and record for some seconds what arrives. */
export async function recordArrivals(
  network: BadNetwork,
  address: string,
  seconds: number,
): Promise<Arrival[]> {
  const script = fileURLToPath(new URL('arrival-recorder.js', import.meta.url));
  const [command, ...args] = network.viewer([process.execPath, script, address, String(seconds)]);
  const recorder: ChildProcess = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(recorder, 'exit').then(([code]) => {
    throw new Error(`the viewer that records arrivals ended with ${code}`);
  });
  const [arrivals] = await Promise.race([once(recorder, 'message'), ended]);
  return arrivals as Arrival[];
}

/**
 * A trace as JSON, with one line of numbers per chunk. The first chunks are those of the join, which come together and
 * are old. `mediaMs` and `takenInMs` count from the first chunk. `ageMs` is the time from taking in to arrival.
 */
export function formatTrace(conditions: Conditions, arrivals: readonly Arrival[]): string {
  const [first] = arrivals;
  if (!first) throw new Error('no chunk has arrived');
  const rows = arrivals.map(({ mediaMs, takenInMs, arrivedMs, bytes, kind }) => {
    const age = Number((arrivedMs - takenInMs).toFixed(1));
    const times = [Math.round(mediaMs - first.mediaMs), Math.round(takenInMs - first.takenInMs), age];
    return `    ${JSON.stringify([...times, bytes, KINDS.indexOf(kind)])}`;
  });
  return `{
  "conditions": ${JSON.stringify(conditions)},
  "columns": ["mediaMs", "takenInMs", "ageMs", "bytes", "kind"],
  "kinds": ${JSON.stringify(KINDS)},
  "chunks": [
${rows.join(',\n')}
  ]
}
`;
}

/** The chunks of the join come together; after this time all come as they are made. */
const SETTLE_MS = 3_000;

/** Show how old the chunks were when they arrived. */
export function showArrivals(traces: readonly (readonly [Conditions, readonly Arrival[]])[]): void {
  table(
    ['network', 'age p50 ms', 'p95', 'p99', 'max', 'keyframes p50', 'max', 'largest, KB'],
    traces.map(([conditions, arrivals]) => {
      const settled = arrivals.filter(({ arrivedMs }) => arrivedMs - arrivals[0]!.arrivedMs > SETTLE_MS);
      const pictures = settled.filter(({ kind }) => kind !== 'audio');
      const ages = pictures.map(ageOf);
      const keyframes = pictures.filter(({ kind }) => kind === 'keyframe').map(ageOf);
      const largest = Math.max(...pictures.map(({ bytes }) => bytes)) / 1000;
      return [
        describeConditions(conditions),
        ...[quantile(ages, 0.5), quantile(ages, 0.95), quantile(ages, 0.99), Math.max(...ages)].map(
          Math.round,
        ),
        ...[quantile(keyframes, 0.5), Math.max(...keyframes), largest].map(Math.round),
      ];
    }),
  );
}

const ageOf = ({ arrivedMs, takenInMs }: Arrival): number => arrivedMs - takenInMs;

/** The name of the file, such as `delay25-loss1-bbr.json`. */
export function traceFile({ delayMs, jitterMs, lossPercent, rateKbps, congestion }: Conditions): string {
  const parts = Object.entries({ jitter: jitterMs, loss: lossPercent, rate: rateKbps });
  const differing = parts.filter(([, value]) => value > 0).map(([name, value]) => `${name}${value}`);
  return `${[`delay${delayMs}`, ...differing, congestion].join('-')}.json`;
}
