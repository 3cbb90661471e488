import type { StreamStatus } from '@topicast/contracts/tables';
import { expect, it } from 'vitest';
import { happeningOf } from './happening.js';

const status = (state: StreamStatus['state'], problem?: string) => ({
  ...{ state, producer: 'p' },
  ...(problem !== undefined && { problem }),
});

it('tells when a stream goes live, loses its encoder and fails, once each', () => {
  expect(happeningOf(status('starting'), status('live'))).toEqual({ kind: 'live', producer: 'p' });
  expect(happeningOf(status('live'), status('live', 'the log is slow'))).toBeUndefined();
  expect(happeningOf(status('live'), status('starting', 'it ended'))).toEqual({
    kind: 'lost',
    problem: 'it ended',
  });
  expect(happeningOf(status('starting'), status('failed', 'no such file'))).toEqual({
    kind: 'failed',
    problem: 'no such file',
  });
  expect(happeningOf(status('failed'), status('failed', 'no such file'))).toBeUndefined();
  expect(happeningOf(status('failed'), status('starting'))).toBeUndefined();
  const away = { ...status('live'), awaySince: '2026-12-01T00:00:00Z' };
  expect(happeningOf(status('live'), away)).toEqual({ kind: 'away' });
  expect(happeningOf(away, away)).toBeUndefined();
  expect(happeningOf(away, status('live'))).toEqual({ kind: 'back' });
});
