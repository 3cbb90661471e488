import { ARRIVAL_COLUMNS, ARRIVAL_KINDS } from './arrival-trace.js';
import type {
  Diagnostics,
  PlayerOptions,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  TraceEvent,
  TraceSample,
  TraceTable,
} from './types.js';

export const DIAGNOSTICS_FORMAT = 'topicast-diagnostics';
export const DIAGNOSTICS_VERSION = 1;
const SPAN_MS = 60_000;

interface Known {
  readonly now: number;
  readonly player: string;
  readonly userAgent: string;
  readonly video: Diagnostics['video'];
  readonly options: PlayerOptions;
  readonly state: PlayerState;
  readonly renditions: readonly PlayerRendition[];
  readonly samples: readonly TraceSample[];
  readonly events: readonly TraceEvent[];
  /** Of the worker: see core/arrival-trace.ts. */
  readonly arrivals: Float64Array | undefined;
}

/** Columns of the samples. */
const MEASURED = {
  atMs: undefined,
  arrivalMs: undefined,
  latencyMs: (stats) => stats.latencyMs,
  levelMs: (stats) => stats.levelMs,
  targetMs: (stats) => stats.targetMs,
  playbackRate: (stats) => stats.playbackRate,
  bitrate: (stats) => stats.bitrate,
  rendition: (stats) => stats.rendition,
  stalls: (stats) => stats.stalls,
  seeks: (stats) => stats.seeks,
  framesDropped: (stats) => stats.framesDropped,
  chunksLost: (stats) => stats.chunksLost,
  chunksSkipped: (stats) => stats.chunksSkipped,
  soundOffsetMs: (stats) => stats.soundOffsetMs,
} satisfies Record<string, ((stats: PlayerStats) => number | undefined) | undefined>;

/** Puts together what is known, with times since a minute ago, and without what is nobody's business. */
export function makeDiagnostics(known: Known): Diagnostics {
  const { now, samples, events, arrivals, state, renditions } = known;
  const { src, token: _, sync, ...rest } = known.options;
  // Whoever knows the name of a group can join it.
  const options = { ...rest, ...(sync !== undefined && { sync: '...' }) };
  const zero = now - SPAN_MS;
  const stats = samples.at(-1)?.stats;
  const diagnostics: Diagnostics = {
    format: DIAGNOSTICS_FORMAT,
    version: DIAGNOSTICS_VERSION,
    since: new Date(zero).toISOString(),
    player: known.player,
    userAgent: known.userAgent,
    video: known.video,
    gateways: [src].flat().flatMap((text) => text.split(/\s+/).filter(Boolean)),
    ...{ options, state, renditions },
    ...(stats && { stats }),
    events: events.map((event) => ({ ...event, atMs: tenths(event.atMs - zero) })),
    samples: tableOf(samples, zero),
    arrivals: arrivalsOf(arrivals ?? new Float64Array(), zero),
  };
  return JSON.parse(
    JSON.stringify(diagnostics, (_, value) => (typeof value === 'string' ? discreet(value) : value)),
  );
}

/** A token may be in the query of an address, or before its host; addresses are also within messages. */
export const discreet = (text: string): string =>
  text.replace(/[?#][^\s"']+/g, '').replace(/\/\/[^\s/@"']*@/g, '//');

function tableOf(samples: readonly TraceSample[], zero: number): TraceTable {
  const measured = Object.values(MEASURED).flatMap((read) => read ?? []);
  const rows = samples.map(({ atMs, arrivalMs, stats }) =>
    [atMs - zero, arrivalMs, ...measured.map((read) => read(stats))].map((value) =>
      value === undefined ? null : hundredths(value),
    ),
  );
  return { columns: Object.keys(MEASURED), rows };
}

/** The same columns as in the traces of `bench:network`, and one more. */
function arrivalsOf(rows: Float64Array, zero: number): Diagnostics['arrivals'] {
  const chunks: number[][] = [];
  for (let row = 0; row < rows.length; row += ARRIVAL_COLUMNS) {
    const [at, takenIn, media, bytes, kind, live] = rows.subarray(
      row,
      row + ARRIVAL_COLUMNS,
    ) as unknown as number[];
    chunks.push([tenths(media!), tenths(takenIn! - zero), tenths(at! - takenIn!), bytes!, kind!, live!]);
  }
  return {
    columns: ['mediaMs', 'takenInMs', 'ageMs', 'bytes', 'kind', 'live'],
    kinds: ARRIVAL_KINDS,
    chunks,
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
const hundredths = (value: number): number => Math.round(value * 100) / 100;

/**
 * Checks what a replay relies on.
 * @throws {TypeError} that says what is wrong with the file
 */
export function readDiagnostics(value: unknown): Diagnostics {
  const { format, version, arrivals, samples, options } = (value ?? {}) as Record<string, unknown>;
  if (format !== DIAGNOSTICS_FORMAT)
    throw new TypeError(`not diagnostics of a player: "format" is not "${DIAGNOSTICS_FORMAT}"`);
  if (version !== DIAGNOSTICS_VERSION) {
    throw new TypeError(
      `diagnostics of version ${String(version)}: this program reads version ${DIAGNOSTICS_VERSION}`,
    );
  }
  const { columns, chunks } = (arrivals ?? {}) as Record<string, unknown>;
  if (!isTable(columns, chunks, ['mediaMs', 'takenInMs', 'ageMs', 'bytes', 'kind', 'live']))
    throw new TypeError('damaged diagnostics: "arrivals" is no table of numbers');
  const table = (samples ?? {}) as Record<string, unknown>;
  if (!isTable(table.columns, table.rows, ['atMs', 'latencyMs', 'stalls', 'seeks']))
    throw new TypeError('damaged diagnostics: "samples" is no table of numbers');
  if (typeof options !== 'object' || options === null)
    throw new TypeError('damaged diagnostics: there are no "options"');
  return value as Diagnostics;
}

function isTable(columns: unknown, rows: unknown, needed: readonly string[]): boolean {
  if (!Array.isArray(columns) || !needed.every((name) => columns.includes(name))) return false;
  const isCell = (cell: unknown) => cell === null || Number.isFinite(cell);
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns.length && row.every(isCell);
  return Array.isArray(rows) && rows.every(isRow);
}
