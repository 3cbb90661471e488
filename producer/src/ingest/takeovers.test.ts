import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Takeovers } from './takeovers.js';

const SHOW = streamId('show');
const at = (seconds: number) => milliseconds(seconds * 1_000);

it('lets an encoder come back, and stops two that come in turn', () => {
  const takeovers = new Takeovers();
  takeovers.note(SHOW, at(0));
  takeovers.note(SHOW, at(2));
  expect(takeovers.mustRest(SHOW, at(3))).toBe(false);
  takeovers.note(SHOW, at(4));
  expect(takeovers.isContested(SHOW)).toBe(true);
  expect(takeovers.mustRest(SHOW, at(5))).toBe(true);
  expect(takeovers.mustRest(SHOW, at(33))).toBe(true);
  expect(takeovers.mustRest(SHOW, at(34))).toBe(false);
  expect(takeovers.mustRest(streamId('other'), at(5))).toBe(false);
});

it('bounds how often a stream changes hands, and never blocks it for ever', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(pauses, (list) => {
      const takeovers = new Takeovers();
      const taken: number[] = [];
      let now = 0;
      for (const pause of list) {
        now += pause;
        if (takeovers.mustRest(SHOW, milliseconds(now))) continue;
        takeovers.note(SHOW, milliseconds(now));
        taken.push(now);
      }
      for (const [index, time] of taken.entries()) {
        const [first, next] = [taken[index - 2], taken[index + 1]];
        if (first === undefined || next === undefined) continue;
        if (time - first <= 60_000) expect(next - time).toBeGreaterThanOrEqual(30_000);
      }
      expect(takeovers.mustRest(SHOW, milliseconds(now + 30_000))).toBe(false);
    }),
  );
});
