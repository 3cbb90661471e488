import { describe, expect, it } from 'vitest';
import { factsOf, graphsOf, partsOf, pictureOf, shortLine } from './overlay-facts.js';
import type { PlayerStats, TraceSample } from './types.js';

const stats = (fields: Partial<PlayerStats> = {}): PlayerStats => ({
  ...{ targetMs: 80, playbackRate: 1, bitrate: 3_040_000, framesDecoded: 90, framesDropped: 0 },
  ...{ stalls: 0, seeks: 0, reconnects: 0, chunksReceived: 90, chunksLost: 0, chunksSkipped: 0 },
  ...{ textsDropped: 0, ...fields },
});

describe('the statistics overlay', () => {
  it('compares the latency with what it would be if the buffer were at its target', () => {
    const samples: TraceSample[] = [
      { atMs: 0, stats: stats() },
      { atMs: 250, arrivalMs: 54.2, stats: stats({ latencyMs: 152, levelMs: 100 }) },
    ];
    const [latency, buffer, arrival] = graphsOf(samples);
    expect(latency).toMatchObject({ value: '152 ms', values: [undefined, 152], aims: [undefined, 132] });
    expect(buffer).toMatchObject({ value: '100 of 80 ms', values: [undefined, 100], aims: [80, 80] });
    expect(arrival).toMatchObject({ value: '54 ms', values: [undefined, 54.2] });
    expect(graphsOf([])).toEqual([]);
  });

  it('marks the changes of the rendition, but not the first one', () => {
    const renditions = [undefined, 0, 0, 1, 1, 0];
    const samples = renditions.map((rendition, at) => ({
      atMs: at * 250,
      stats: stats(rendition === undefined ? {} : { rendition }),
    }));
    expect(graphsOf(samples).at(-1)).toMatchObject({ value: '3.0 Mbit/s', marks: [3, 5] });
  });

  it('shows the parts of the latency in the order of the way', () => {
    const parts = { screenMs: 4, bufferMs: 80, networkMs: 30, encoderMs: 21, logMs: 2 };
    expect(partsOf(parts).map(({ name }) => name)).toEqual(['encoder', 'log', 'network', 'buffer', 'screen']);
  });

  it('says which of the counts a viewer may have noticed', () => {
    const facts = factsOf(stats({ stalls: 2, soundIn: 'worklet', soundOffsetMs: -7.4 }));
    expect(facts[0]).toEqual({ name: 'Freezes', value: '2', isBad: true });
    expect(facts[1]).toEqual({ name: 'Lost', value: '0', isBad: false });
    expect(facts.at(-1)).toEqual({ name: 'Lip sync', value: '7 ms late' });
  });

  it('leaves out what is not known', () => {
    expect(pictureOf(stats())).toBe('');
    expect(pictureOf(stats({ width: 1280, height: 720, rendition: 1, renditionReason: 'size' }))).toBe(
      '1280 × 720 · rendition 1 (size)',
    );
    expect(shortLine(stats({ latencyMs: 128, bitrate: 640_000 }))).toBe(
      '128 ms · buffer – · 640 kbit/s · 0 freezes',
    );
  });
});
