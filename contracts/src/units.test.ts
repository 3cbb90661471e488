import { expect, it } from 'vitest';
import { Milliseconds, milliseconds, Seconds, seconds } from './units.js';

it('calculates within one unit', () => {
  const [long, short] = [milliseconds(1500), milliseconds(500)];
  expect(Milliseconds.add(long, short)).toBe(2000);
  expect(Milliseconds.sub(short, long)).toBe(-1000);
  expect(Milliseconds.scale(short, 1.5)).toBe(750);
  expect(Milliseconds.max(short, Milliseconds.zero, long)).toBe(1500);
  expect(Milliseconds.ofSeconds(Seconds.ofMilliseconds(long))).toBe(1500);
  expect(Milliseconds.min(Milliseconds.never, Milliseconds.now())).toBe(Milliseconds.never);
});

it('does not compile where units are mixed', () => {
  // @ts-expect-error seconds are no milliseconds
  expect(Milliseconds.add(milliseconds(1), seconds(1))).toBe(2);
  // @ts-expect-error nor is a bare number
  expect(Seconds.max(seconds(1), 2)).toBe(2);
});
