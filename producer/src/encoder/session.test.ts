import { once } from 'node:events';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { type ChunkReader, LogError, type LogRecord } from '@topicast/log';
import { describe, expect, it } from 'vitest';
import { lastSessionInLog, nextSession } from './session.js';

/** A log with two records, which answers as it is told to. */
const log = (batches: readonly (readonly LogRecord[])[]): ChunkReader => ({
  bounds: async () => ({ earliest: 0, next: 2 }),
  ends: async () => new Map([[streamId('film'), [2]]]),
  async *tail(_stream, _rendition, _start, signal) {
    yield* batches;
    if (!signal.aborted) await once(signal, 'abort');
  },
});
const foreign: LogRecord = {
  offset: 1,
  timestamp: milliseconds(0),
  header: undefined,
  value: new Uint8Array(),
};
const soon = milliseconds(20);

describe('sessions', () => {
  it('go up when the clock goes back', () => {
    expect(nextSession(500, 1000)).toBe(1001);
    expect(nextSession(1500.7, 1000)).toBe(1500);
  });

  it('are not guessed if the log cannot be read', async () => {
    const reading = lastSessionInLog(log([]), streamId('a'), soon);
    await expect(reading).rejects.toBeInstanceOf(LogError);
    await expect(reading).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('begin afresh if another producer wrote the newest record', async () => {
    expect(await lastSessionInLog(log([[foreign]]), streamId('a'), soon)).toBe(0);
  });
});
