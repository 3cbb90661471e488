import type { AudienceFigures, GatewayFigures, ProducerFigures } from '@topicast/contracts/stream-health';

/**
 * The viewers of several processes as one audience. The median is the mean of the medians, weighted by viewers, and the
 * 95th percentile that of the process where it is highest: nearly right, and never too good.
 */
export function together(rows: readonly Omit<GatewayFigures, 'from'>[]): AudienceFigures | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const viewers = rows.reduce((sum, row) => sum + row.viewers, 0);
  const longest = Math.max(...rows.map(({ renditions }) => renditions.length));
  const trips = rows.flatMap(({ roundTrip, viewers }) => (roundTrip ? [{ ...roundTrip, viewers }] : []));
  const encoder = weighted(rows.map((row) => [row.encoder, row.viewers]));
  const log = weighted(rows.map((row) => [row.log, row.viewers]));
  const p50 = weighted(trips.map((trip) => [trip.p50, trip.viewers]));
  return {
    viewers,
    renditions: Array.from({ length: longest }, (_, rendition) =>
      rows.reduce((sum, row) => sum + (row.renditions[rendition] ?? 0), 0),
    ),
    stalled: rows.reduce((sum, row) => sum + row.stalled, 0),
    ...(p50 !== undefined && { roundTrip: { p50, p95: Math.max(...trips.map(({ p95 }) => p95)) } }),
    ...(encoder !== undefined && { encoder }),
    ...(log !== undefined && { log }),
  };
}

/** Half a round trip is the way to the viewer, as nearly as the gateway can tell. */
export function delivery(figures: AudienceFigures, quantile: 'p50' | 'p95'): number | undefined {
  const { roundTrip, encoder, log } = figures;
  if (!roundTrip || encoder === undefined || log === undefined) return undefined;
  return Math.round(encoder + log + roundTrip[quantile] / 2);
}

/** The last seconds as one row, so that a single bad moment is not called a fault: medians, and sums of what was lost. */
export function lately(rows: readonly ProducerFigures[]): ProducerFigures | undefined {
  const newest = rows.at(-1);
  if (!newest) return undefined;
  const same = rows.filter(({ session }) => session === newest.session);
  const behind = median(same.map((row) => row.behind));
  const speed = median(same.map((row) => row.speed));
  const late50 = median(same.map(({ late }) => late?.p50));
  const late95 = median(same.map(({ late }) => late?.p95));
  const p50 = median(same.map(({ append }) => append?.p50));
  const p95 = median(same.map(({ append }) => append?.p95));
  return {
    ...newest,
    dropped: same.reduce((sum, { dropped }) => sum + dropped, 0),
    ...(behind !== undefined && { behind }),
    ...(speed !== undefined && { speed }),
    ...(late50 !== undefined && late95 !== undefined && { late: { p50: late50, p95: late95 } }),
    ...(p50 !== undefined && p95 !== undefined && { append: { p50, p95 } }),
  };
}

function weighted(
  values: readonly (readonly [value: number | undefined, weight: number])[],
): number | undefined {
  const known = values.flatMap(([value, weight]) => (value === undefined ? [] : [{ value, weight }]));
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return known[0]?.value;
  return Math.round((known.reduce((sum, { value, weight }) => sum + value * weight, 0) / total) * 10) / 10;
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[known.length >> 1];
}
