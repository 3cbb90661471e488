import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { ViewerLiveness } from './viewer-liveness.js';

const at = milliseconds;

it('asks a viewer that gives no sign of life, and gives it up if none comes', () => {
  const liveness = new ViewerLiveness(at(0));
  expect(liveness.check(at(9_000))).toEqual({ kind: 'alive' });
  expect(liveness.check(at(11_000)).kind).toBe('ask');
  expect(liveness.check(at(12_000)).kind).toBe('alive');
  expect(liveness.check(at(22_000)).kind).toBe('ask');
  expect(liveness.check(at(31_000)).kind).toBe('gone');
});

it('takes the pong to its own ping for proof, and no other', () => {
  const liveness = new ViewerLiveness(at(0));
  const first = liveness.check(at(11_000));
  const second = liveness.check(at(22_000));
  if (first.kind !== 'ask' || second.kind !== 'ask') throw new Error('it did not ask');
  expect(first.payload.equals(second.payload)).toBe(false);
  for (const forged of [Buffer.alloc(0), Buffer.alloc(8), first.payload]) liveness.pong(forged, at(25_000));
  expect(liveness.check(at(31_000)).kind).toBe('gone');
  liveness.pong(second.payload, at(29_000));
  expect(liveness.check(at(31_000)).kind).toBe('alive');
  // One answer is not good for ever.
  liveness.pong(second.payload, at(60_000));
  expect(liveness.check(at(60_000)).kind).toBe('gone');
});
