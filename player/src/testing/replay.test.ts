import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeDiagnostics } from '../core/diagnostics.js';
import type { PlayerStats } from '../core/types.js';
import { type Arrival, readRecording, readTrace, replay, SETTINGS } from './replay.js';

const NOW = 1_795_000_060_000;
const fixture = new URL('../../../test/fixtures/arrivals/delay25-cubic.json', import.meta.url);
const arrivals = readTrace(JSON.parse(readFileSync(fixture, 'utf8')));

/** What the player's diagnostics would be if the chunks had arrived like this. */
const recordingOf = (arrivals: readonly Arrival[]) => {
  const zero = NOW - 60_000;
  const rows = arrivals.flatMap(({ at, takenIn, media }) => [zero + at, zero + takenIn, media, 1_880, 0, 1]);
  const stats = { latencyMs: 200, stalls: 0, seeks: 0 } as PlayerStats;
  const diagnostics = makeDiagnostics({
    now: NOW,
    player: '0.2.0',
    userAgent: '',
    video: { width: 1280, height: 720, pixelRatio: 1 },
    options: { src: 'ws://x/live/demo' },
    state: { name: 'playing' },
    renditions: [],
    samples: [10_000, 20_000].map((at) => ({ atMs: zero + at, stats })),
    events: [],
    arrivals: Float64Array.from(rows),
  });
  return readRecording(JSON.parse(JSON.stringify(diagnostics)));
};

describe('a replay of diagnostics', () => {
  it('plays the same arrivals like the trace of a bench', () => {
    const { arrivals: recorded, setting, recorded: was } = recordingOf(arrivals);
    const { target, browser } = SETTINGS['picture alone']!;
    expect(setting).toEqual({ target, browser });
    const ours = replay(recorded, setting.target, setting.browser);
    const bench = replay(arrivals, target, browser);
    expect(ours.meanMs).toBeCloseTo(bench.meanMs, -1);
    expect(ours.stalls).toBe(bench.stalls);
    expect(was).toEqual({ meanMs: 200, p95Ms: 200, freezes: 0, seeks: 0 });
  });

  it('survives a new encoder, whose decode times begin at 0', () => {
    const half = arrivals.length >> 1;
    const { media } = arrivals[half]!;
    const broken = arrivals.map((each, at) => (at < half ? each : { ...each, media: each.media - media }));
    const { arrivals: recorded, setting } = recordingOf(broken);
    const { meanMs } = replay(recorded, setting.target, setting.browser);
    expect(meanMs).toBeLessThan(1_000);
    expect(meanMs).toBeGreaterThan(0);
  });
});
