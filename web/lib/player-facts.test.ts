import type { PlayerStats } from '@topicast/player';
import { describe, expect, it } from 'vitest';
import { playerFacts, sparklinePoints } from './player-facts';

const stats: PlayerStats = {
  targetMs: 150,
  playbackRate: 1,
  bitrate: 3_000_000,
  framesDecoded: 90,
  framesDropped: 1,
  stalls: 0,
  seeks: 0,
  reconnects: 0,
  chunksReceived: 90,
  chunksLost: 0,
  chunksSkipped: 0,
  textsDropped: 0,
};

describe('the statistics panel', () => {
  it('leaves out what is not known yet', () => {
    const names = playerFacts(stats).map(({ name }) => name);
    expect(names).not.toContain('Latency since the encoder');
    expect(names).toContain('Received');
    expect(playerFacts({ ...stats, latencyMs: 172, levelMs: 148 }).slice(0, 2)).toEqual([
      { name: 'Latency since the encoder', value: '172 ms' },
      { name: 'Buffer', value: '148 ms of 150 ms' },
    ]);
  });

  it('draws the line inside its box, from nothing to many values', () => {
    expect(sparklinePoints([], 100, 20)).toBe('');
    expect(sparklinePoints([0], 100, 20)).toBe('0.0,20.0');
    expect(sparklinePoints([100, 200, 50], 100, 20)).toBe('0.0,10.0 50.0,0.0 100.0,15.0');
  });
});
