import type { PlayerStats, TraceChange, TraceEvent, TraceSample } from './types.js';

const SPAN_MS = 60_000;
const MOST_SAMPLES = 240;
/** The rate can change 25 times a second. */
const MOST_EVENTS = 600;

/** What happened to a player during the last minute. */
export class Trace {
  readonly #samples: TraceSample[] = [];
  readonly #events: TraceEvent[] = [];

  get samples(): readonly TraceSample[] {
    return this.#samples;
  }

  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  sample(atMs: number, stats: PlayerStats, arrivalMs: number | undefined): void {
    add(this.#samples, { atMs, arrivalMs, stats }, MOST_SAMPLES);
  }

  note(atMs: number, change: TraceChange): void {
    add(this.#events, { atMs, ...change }, MOST_EVENTS);
  }
}

function add<Entry extends { readonly atMs: number }>(entries: Entry[], entry: Entry, most: number): void {
  entries.push(entry);
  while (entries.length > most || entries[0]!.atMs < entry.atMs - SPAN_MS) entries.shift();
}
