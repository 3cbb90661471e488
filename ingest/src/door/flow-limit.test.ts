import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { FlowLimit } from './flow-limit.js';

/** @returns what is said first, and when */
function play(count: number, of: (i: number) => { at: number; timestamp: number; bytes?: number }) {
  const flow = new FlowLimit();
  for (let i = 0; i < count; i++) {
    const { at, timestamp, bytes = 12_000 } = of(i);
    const now = milliseconds(at);
    const words = flow.charge({ received: bytes, messages: 1 }, now) ?? flow.follow(timestamp, now);
    if (words) return { words, at };
  }
  return undefined;
}

describe('goes on', () => {
  it.each([
    ['a camera', (i: number) => ({ at: i * 33, timestamp: i * 33 })],
    [
      'after the end of 32 bits',
      (i: number) => ({ at: i * 33, timestamp: (2 ** 32 - 5_000 + i * 33) % 2 ** 32 }),
    ],
    [
      'after a network that stood still',
      (i: number) => ({ at: i < 300 ? i * 33 : 60_000, timestamp: i * 33 }),
    ],
    [
      'after its clock was set',
      (i: number) => ({ at: i * 33, timestamp: i * 33 + (i > 300 ? 9_000_000 : 0) }),
    ],
    ['with sound a little behind', (i: number) => ({ at: i * 16, timestamp: i * 16 - (i % 2) * 500 + 500 })],
    ['with 60 Mbit/s', (i: number) => ({ at: i * 33, timestamp: i * 33, bytes: 250_000 })],
  ])('%s', (_, of) => {
    expect(play(1_500, of)).toBeUndefined();
  });
});

describe('for days', () => {
  const DAYS = 20;
  const EVERY_MS = 2_000;
  const steps = (DAYS * 86_400_000) / EVERY_MS;

  it.each([100, 400, -100, -400])('goes on with a clock that drifts by %i ppm', (ppm) => {
    const timestampAt = (at: number) => Math.round(at * (1 + ppm / 1e6)) % 2 ** 32;
    expect(play(steps, (i) => ({ at: i * EVERY_MS, timestamp: timestampAt(i * EVERY_MS) }))).toBeUndefined();
  });

  it('may stand still at the end of them, and is cut if it hurries then', () => {
    const pace = (i: number) => {
      const after = i * EVERY_MS - 86_400_000;
      return { timestamp: i * EVERY_MS, at: after < 0 ? i * EVERY_MS : 86_400_000 + Math.max(60_000, after) };
    };
    expect(play(steps / 10, pace)).toBeUndefined();
    expect(
      play(steps / 10, (i) => ({ ...pace(i), at: Math.min(i * EVERY_MS, 86_400_000) }))?.words,
    ).toContain('-re');
  });
});

describe('is cut', () => {
  it.each(['received', 'made'] as const)('for what was %s', (kind) => {
    const flow = new FlowLimit();
    expect(flow.charge({ [kind]: 62_500_000 }, milliseconds(0))).toBeUndefined();
    expect(flow.charge({ [kind]: 1 }, milliseconds(4_999))).toContain('100 Mbit/s');
    expect(flow.charge({ [kind]: 1 }, milliseconds(5_000))).toBeUndefined();
  });

  it.each([
    ['a file that is not paced', '-re', (i: number) => ({ at: i / 10, timestamp: i * 33 })],
    ['a gigabit a second', '100 Mbit/s', (i: number) => ({ at: i, timestamp: i, bytes: 125_000 })],
    ['a million messages a second', 'messages', (i: number) => ({ at: i / 1_000, timestamp: 0, bytes: 1 })],
  ])('%s', (_, words, of) => {
    expect(play(20_000, of)?.words).toContain(words);
  });
});
