import { describe, expect, it } from 'vitest';
import { Trace } from './trace.js';
import type { PlayerStats } from './types.js';

const stats = {} as PlayerStats;

describe('the trace', () => {
  it('keeps a minute, whatever was longer ago', () => {
    const trace = new Trace();
    trace.note(0, { picture: 'none' });
    for (let at = 250; at <= 120_000; at += 250) trace.sample(at, stats, 50);
    trace.note(120_000, { picture: 'moving' });
    expect(trace.samples).toHaveLength(240);
    expect(trace.samples[0]).toEqual({ atMs: 60_250, arrivalMs: 50, stats });
    expect(trace.events).toEqual([{ atMs: 120_000, picture: 'moving' }]);
  });

  it('is bounded, however much happens', () => {
    const trace = new Trace();
    for (let at = 0; at < 5_000; at++) trace.note(at, { playbackRate: 1 + (at % 2) / 100 });
    expect(trace.events).toHaveLength(600);
    expect(trace.events.at(-1)?.atMs).toBe(4_999);
  });
});
