import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { frameHeader } from '../testing/chunks.js';
import { Delays } from './delays.js';

const record = (sequence: number, encoder: number, audioOnly = false) => {
  const header = frameHeader(sequence, { startedAt: 1_000_000, audioOnly });
  const timestamp = milliseconds(header.wallClock + encoder);
  return { offset: sequence, timestamp, header, value: new Uint8Array(188) };
};

describe('the delays of a rendition', () => {
  it('are unknown before the first picture; sound alone and records without a header tell nothing', () => {
    const delays = new Delays();
    delays.add(record(0, 900, true), milliseconds(900), milliseconds(0));
    delays.add({ ...record(0, 900), header: undefined }, milliseconds(900), milliseconds(0));
    expect(delays.mean).toBeUndefined();
  });

  it('follow what the last seconds brought', () => {
    const delays = new Delays();
    const feed = (from: number, encoder: number, log: number) => {
      for (let at = from; at < from + 250; at++)
        delays.add(record(at, encoder), milliseconds(log), milliseconds(at * 40));
    };
    feed(0, 20, 2);
    expect(delays.mean?.encoder).toBeCloseTo(20);
    feed(250, 60, 5);
    expect(delays.mean?.encoder).toBeGreaterThan(55);
    expect(delays.mean?.log).toBeCloseTo(5, 0);
  });
});
