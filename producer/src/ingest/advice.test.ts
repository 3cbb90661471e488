import { milliseconds, seconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { adviceOn, type Sent } from './advice.js';

const sent = (change: Partial<Sent> = {}): Sent => ({
  kinds: ['video', 'audio'],
  structure: { hasReordering: false, longestGop: seconds(2) },
  liveFor: milliseconds(10_000),
  ...change,
});

it('says nothing about what is as it should be', () => {
  expect(adviceOn(sent())).toEqual([]);
  expect(adviceOn(sent({ kinds: ['video'], liveFor: milliseconds(500) }))).toEqual([]);
});

it.each([
  ['B-frames', { structure: { hasReordering: true, longestGop: seconds(1) } }],
  ['4.0 s apart', { structure: { hasReordering: false, longestGop: seconds(4) } }],
  ['no sound', { kinds: ['video'] }],
  ['no picture', { kinds: ['audio'] }],
] as const)('speaks of %s', (words, change) => {
  expect(adviceOn(sent(change))).toEqual([expect.stringContaining(words)]);
});
