import type { AudienceFigures } from '@topicast/contracts/stream-health';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ViewerConnection } from '../viewer/connection.js';

/** More media than this under way to a viewer, and it is late: its buffer holds less. */
const STALLED_AFTER_MS = 500;

type Viewer = Pick<ViewerConnection, 'rendition' | 'roundTrip' | 'delays' | 'lag'>;

/** What the viewers of one stream have, together. */
export function audienceFigures(viewers: Iterable<Viewer>, now: Milliseconds): AudienceFigures {
  const all = [...viewers];
  const renditions: number[] = [];
  for (const { rendition } of all) renditions[rendition] = (renditions[rendition] ?? 0) + 1;
  const trips = all.flatMap(({ roundTrip }) => roundTrip ?? []).sort((a, b) => a - b);
  const delays = all.flatMap((viewer) => viewer.delays ?? []);
  return {
    viewers: all.length,
    renditions: Array.from(renditions, (count) => count ?? 0),
    stalled: all.filter((viewer) => viewer.lag(now) > STALLED_AFTER_MS).length,
    ...(trips.length > 0 && { roundTrip: { p50: quantile(trips, 0.5), p95: quantile(trips, 0.95) } }),
    ...(delays.length > 0 && {
      encoder: mean(delays.map(({ encoder }) => encoder)),
      log: mean(delays.map(({ log }) => log)),
    }),
  };
}

const tenths = (value: number): Milliseconds => milliseconds(Math.max(0, Math.round(value * 10) / 10));
const quantile = (sorted: readonly number[], share: number): Milliseconds =>
  tenths(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
const mean = (values: readonly number[]): Milliseconds =>
  tenths(values.reduce((sum, value) => sum + value, 0) / values.length);
