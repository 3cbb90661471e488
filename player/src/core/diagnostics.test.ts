import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discreet, makeDiagnostics, readDiagnostics } from './diagnostics.js';
import type { PlayerStats } from './types.js';

const NOW = 1_795_000_060_000;
const stats = { latencyMs: 128.123, levelMs: 80, targetMs: 80, playbackRate: 1.01, stalls: 1, seeks: 2 };

const diagnostics = () =>
  makeDiagnostics({
    now: NOW,
    player: '0.2.0',
    userAgent: 'Mozilla/5.0',
    video: { width: 1280, height: 720, pixelRatio: 2 },
    options: {
      src: 'wss://me:secret@one.example/live/demo?token=secret wss://two.example/live/demo?token=secret#secret',
      token: 'secret',
      targetLatencyMs: 100,
      workerSrc: '/worker.js?key=secret',
      sync: 'secret-room',
    },
    state: {
      name: 'failed',
      retry: 'never',
      problem: {
        reason: 'address',
        message: '"ftp://me:secret@x/?token=secret" is not the address of a stream.',
      },
    },
    renditions: [],
    samples: [{ atMs: NOW - 250, arrivalMs: 54.321, stats: stats as PlayerStats }],
    events: [{ atMs: NOW - 1_000.04, link: { status: 'open' } }],
    arrivals: Float64Array.of(NOW - 10, NOW - 64.04, 33_366.666, 1_880, 1, 1),
  });

describe('diagnostics', () => {
  it('count times from a minute ago', () => {
    const { since, events, samples, arrivals } = diagnostics();
    expect(Date.parse(since)).toBe(NOW - 60_000);
    expect(events).toEqual([{ atMs: 59_000, link: { status: 'open' } }]);
    expect(samples.rows[0]!.slice(0, 5)).toEqual([59_750, 54.32, 128.12, 80, 80]);
    expect(samples.rows[0]).toHaveLength(samples.columns.length);
    expect(arrivals.chunks).toEqual([[33_366.7, 59_936, 54, 1_880, 1, 1]]);
  });

  it('contain no token, no password and no query of an address', () => {
    const made = diagnostics();
    expect(JSON.stringify(made)).not.toContain('secret');
    expect(made.gateways).toEqual(['wss://one.example/live/demo', 'wss://two.example/live/demo']);
    expect(made.options).toEqual({ targetLatencyMs: 100, workerSrc: '/worker.js', sync: '...' });
  });

  it('take no longer for a hostile text', () => {
    for (const piece of ['/', '//', '//a', '?', '@', '//@'])
      expect(discreet(piece.repeat(200_000)).length).toBeLessThanOrEqual(piece.length * 200_000);
  });

  it('come back from a file', () => {
    const made = diagnostics();
    expect(readDiagnostics(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });

  it.each([
    [null, 'not diagnostics of a player'],
    [{ format: 'something else' }, 'not diagnostics of a player'],
    [{ ...diagnostics(), version: 2 }, 'diagnostics of version 2: this program reads version 1'],
    [{ ...diagnostics(), arrivals: { columns: [], chunks: [] } }, '"arrivals" is no table'],
    [{ ...diagnostics(), samples: { ...diagnostics().samples, rows: [['x']] } }, '"samples" is no table'],
    [{ ...diagnostics(), options: undefined }, 'no "options"'],
  ])('a wrong file says what is wrong: %#', (file, message) => {
    expect(() => readDiagnostics(file)).toThrow(message);
  });

  it('of any shape are read or refused with a TypeError', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (arrivals, samples) => {
        try {
          readDiagnostics({ ...diagnostics(), arrivals, samples });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });
});
