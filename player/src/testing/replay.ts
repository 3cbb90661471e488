import { milliseconds } from '@topicast/contracts/units';
import { Arrivals } from '../core/arrivals.js';
import { readDiagnostics } from '../core/diagnostics.js';
import {
  CONTROL_PERIOD_MS,
  decideLatency,
  joinLatency,
  type LatencyState,
  type LatencyTarget,
  latencyTarget,
} from '../core/latency.js';
import type { TraceTable } from '../core/types.js';

/** A chunk with a picture, as it arrived. All times are ms. */
export interface Arrival {
  /** Decode time. */
  readonly media: number;
  /** When the encoder took in the picture, on the clock of `at`. */
  readonly takenIn: number;
  readonly at: number;
}

/** What stops a browser, and what makes it resume. Levels are ms of media ahead of the playhead. */
export interface Browser {
  readonly stopsBelow: number;
  readonly resumesAt: number;
}

/** Chromium: sound in Media Source Extensions wants a reserve, pictures alone do not. */
const WITH_SOUND: Browser = { stopsBelow: 110, resumesAt: 200 };
const PICTURE_ONLY: Browser = { stopsBelow: 0, resumesAt: 1 };

interface Replay {
  /** Standing pictures of more than 120 ms. */
  readonly freezes: number;
  readonly frozenMs: number;
  readonly stalls: number;
  readonly seeks: number;
  /** Age of the picture on the screen, over all ticks after the first five seconds. */
  readonly meanMs: number;
  readonly p95Ms: number;
}

export const SETTINGS: Readonly<Record<string, { target: LatencyTarget; browser: Browser }>> = {
  'sound in MSE': { target: latencyTarget(true, undefined), browser: WITH_SOUND },
  'picture alone': { target: latencyTarget(false, undefined), browser: PICTURE_ONLY },
};

/** As `bench:network` records it: a chunk per row. */
interface Trace {
  readonly columns: readonly string[];
  readonly kinds: readonly string[];
  readonly chunks: readonly (readonly number[])[];
}

/** The burst of a join comes at once; it is over when this much time has passed. */
const BURST_MS = 300;

/** The chunks with pictures that came after the burst of the join. */
export function readTrace({ columns, kinds, chunks }: Trace): Arrival[] {
  const [media, takenIn, age, kind] = ['mediaMs', 'takenInMs', 'ageMs', 'kind'].map((name) =>
    columns.indexOf(name),
  ) as [number, number, number, number];
  const pictures = chunks
    .filter((row) => kinds[row[kind]!] !== 'audio')
    .map((row) => ({ media: row[media]!, takenIn: row[takenIn]!, at: row[takenIn]! + row[age]! }));
  const joined = (pictures[0]?.at ?? 0) + BURST_MS;
  return pictures.filter(({ at }) => at > joined);
}

interface RecordedTrace {
  readonly arrivals: readonly Arrival[];
  /** As it was played. */
  readonly setting: { readonly target: LatencyTarget; readonly browser: Browser };
  /** What the player measured in the same time; undefined where it did not. */
  readonly recorded: {
    readonly meanMs: number | undefined;
    readonly p95Ms: number | undefined;
    readonly freezes: number;
    readonly seeks: number;
  };
}

/** A longer step of the decode time begins another time line. */
const LONGEST_STEP_MS = 2_000;

/**
 * The arrivals of a player's diagnostics.
 * @throws {TypeError} that says what is wrong with the file
 */
export function readRecording(file: unknown): RecordedTrace {
  const { arrivals, samples, stats, options } = readDiagnostics(file);
  const column = (name: string) => arrivals.columns.indexOf(name);
  const [media, takenIn, age, kind, live] = ['mediaMs', 'takenInMs', 'ageMs', 'kind', 'live'].map(column) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const pictures = arrivals.chunks
    .filter((row) => row[live] === 1 && arrivals.kinds[row[kind]!] !== 'audio')
    .map((row) => ({ media: row[media]!, takenIn: row[takenIn]!, at: row[takenIn]! + row[age]! }));
  if (pictures.length === 0) throw new TypeError('nothing arrived live in these diagnostics');
  const hasAudio = stats?.soundIn === 'media';
  const wanted = typeof options.targetLatencyMs === 'number' ? options.targetLatencyMs : undefined;
  return {
    arrivals: onOneTimeLine(pictures),
    setting: {
      target: latencyTarget(hasAudio, wanted),
      browser: hasAudio ? WITH_SOUND : PICTURE_ONLY,
    },
    recorded: summaryOf(samples, pictures[0]!.at + SETTLING_MS),
  };
}

/** After a break, the media continue by as much as time has passed. */
function onOneTimeLine(arrivals: readonly Arrival[]): Arrival[] {
  let shift = 0;
  return arrivals.map((arrival, at) => {
    const before = arrivals[at - 1];
    if (before) {
      const step = arrival.media - before.media;
      if (Math.abs(step) > LONGEST_STEP_MS) shift += arrival.at - before.at - step;
    }
    return { ...arrival, media: arrival.media + shift };
  });
}

function summaryOf({ columns, rows }: TraceTable, from: number): RecordedTrace['recorded'] {
  const column = (name: string) => columns.indexOf(name);
  const settled = rows.filter((row) => row[column('atMs')]! >= from);
  const values = (name: string): number[] =>
    settled.map((row) => row[column(name)]).filter((value) => typeof value === 'number');
  const latencies = values('latencyMs').sort((a, b) => a - b);
  const grown = (name: string): number => {
    const counts = values(name);
    return (counts.at(-1) ?? 0) - (counts[0] ?? 0);
  };
  return {
    meanMs:
      latencies.length > 0 ? latencies.reduce((sum, each) => sum + each, 0) / latencies.length : undefined,
    p95Ms: latencies[Math.floor(latencies.length * 0.95)],
    freezes: grown('stalls'),
    seeks: grown('seeks'),
  };
}

const SETTLING_MS = 5_000;
const FREEZE_MS = 120;
/** As the worker reports the evidence. */
const EVIDENCE_PERIOD_MS = 250;

/** Plays recorded arrivals through the control, with a simulated browser: the same input, the same answer. */
export function replay(arrivals: readonly Arrival[], target: LatencyTarget, browser: Browser): Replay {
  const [first] = arrivals;
  if (!first) throw new Error('no arrivals');
  const learnt = new Arrivals();
  let { evidence } = learnt;
  let evidenceAt = first.at;
  let state: LatencyState = joinLatency(milliseconds(first.at));
  let end = first.media;
  let playhead = first.media - target.level;
  let rate = 1;
  let waiting = false;
  let stoodSince: number | undefined;
  let next = 0;
  /** The picture on the screen. */
  let shown = 0;
  const ages: number[] = [];
  const result = { freezes: 0, frozenMs: 0, seeks: 0 };
  const last = arrivals.at(-1)!.at;
  for (let now = first.at; now <= last; now += CONTROL_PERIOD_MS) {
    for (; next < arrivals.length && arrivals[next]!.at <= now; next += 1) {
      const { at, media } = arrivals[next]!;
      learnt.add(milliseconds(at), milliseconds(media));
      end = Math.max(end, media);
    }
    if (now - evidenceAt >= EVIDENCE_PERIOD_MS) {
      evidenceAt = now;
      evidence = learnt.evidence;
    }
    const have = end - playhead;
    waiting = have < (waiting ? browser.resumesAt : browser.stopsBelow);
    if (!waiting) playhead += Math.min(have, CONTROL_PERIOD_MS * rate);
    if (waiting) stoodSince ??= now;
    else if (stoodSince !== undefined) {
      const stood = now - stoodSince;
      stoodSince = undefined;
      if (stood > FREEZE_MS && now - first.at > SETTLING_MS) {
        result.freezes += 1;
        result.frozenMs += stood;
      }
    }
    while (arrivals[shown + 1] && arrivals[shown + 1]!.media <= playhead) shown += 1;
    const { media, takenIn } = arrivals[shown]!;
    if (now - first.at > SETTLING_MS) ages.push(now - (takenIn + playhead - media));
    const sample = {
      now: milliseconds(now),
      level: milliseconds(end - playhead),
      ...{ started: true, waiting, seeking: false, excused: false, evidence },
    };
    const decided = decideLatency(sample, target, state);
    state = decided.state;
    if (decided.action.do === 'rate') rate = decided.action.rate;
    else {
      playhead = end - decided.action.level;
      rate = 1;
      result.seeks += 1;
    }
  }
  ages.sort((a, b) => a - b);
  return {
    ...result,
    stalls: state.stalls,
    meanMs: ages.reduce((sum, age) => sum + age, 0) / ages.length,
    p95Ms: ages[Math.floor(ages.length * 0.95)] ?? Number.NaN,
  };
}
