import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { adviceOn, nothingPasses, type Sent } from './advice.js';

const sent = (change: Partial<Sent> = {}): Sent => ({
  kinds: ['video', 'audio'],
  structure: { hasReordering: false, longestGop: milliseconds(2_000) },
  liveFor: milliseconds(10_000),
  pictureMissingFor: milliseconds(40),
  nothingFor: milliseconds(20),
  damaged: 0,
  ...change,
});

it('says nothing about what is as it should be', () => {
  expect(adviceOn(sent())).toEqual([]);
  expect(adviceOn(sent({ kinds: ['video'], liveFor: milliseconds(500) }))).toEqual([]);
});

it.each([
  ['B-frames', { structure: { hasReordering: true, longestGop: milliseconds(1_000) } }],
  ['4.0 s apart', { structure: { hasReordering: false, longestGop: milliseconds(4_000) } }],
  ['no sound', { kinds: ['video'] }],
  ['no picture:', { kinds: ['audio'], pictureMissingFor: milliseconds(0) }],
  ['Sound comes, but no picture', { pictureMissingFor: milliseconds(5_000) }],
  ['Neither', { pictureMissingFor: milliseconds(6_000), nothingFor: milliseconds(5_000) }],
  ['left out so far: 3', { damaged: 3 }],
] as const)('speaks of %s', (words, change) => {
  expect(adviceOn(sent(change))).toEqual([expect.stringContaining(words)]);
});

it('does not say that there is no sound while sound comes', () => {
  expect(nothingPasses({ hasSound: true })).toContain('Sound comes, but no keyframe');
  expect(nothingPasses({ hasSound: false })).toContain('no keyframe, and no sound');
});
