import { CloseCode, retryAdvice } from '@topicast/contracts/close-codes';
import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingOfClose } from './problem.js';
import { NO_FAILURES, type ReconnectState, reconnect, worthResuming } from './reconnect.js';

/** Delays of a gateway that stays away. */
function delays(random: number, attempts: number): number[] {
  let state: ReconnectState = NO_FAILURES;
  return Array.from({ length: attempts }, () => {
    const decision = reconnect(state, { retry: 'soon', worked: false }, random);
    if (decision.retry === 'never') throw new Error('must retry');
    state = decision.state;
    return decision.delay;
  });
}

describe('reconnect', () => {
  it('doubles up to 5 s', () => {
    expect(delays(0.9999999, 7).map(Math.round)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('draws every delay from its upper half, without end', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const most = delays(1, 60);
        delays(random, 60).forEach((delay, index) => {
          expect(delay).toBeGreaterThanOrEqual(most[index]! / 2);
          expect(delay).toBeLessThanOrEqual(most[index]!);
        });
      }),
    );
  });

  it('comes back at once, spread over 100 ms, after a connection that worked', () => {
    const ending = { retry: 'soon', worked: true } as const;
    expect(reconnect({ failures: 4 }, ending, 0.5)).toEqual({ retry: 'soon', delay: 50, state: NO_FAILURES });
  });

  it('does what the close code advises', () => {
    const decide = (code: number) => reconnect(NO_FAILURES, { retry: retryAdvice(code), worked: false }, 0.5);
    expect(decide(CloseCode.unauthorized)).toEqual({ retry: 'never' });
    expect(decide(CloseCode.unknownStream)).toMatchObject({ retry: 'slowly', delay: 7_500 });
    expect(decide(CloseCode.tooMany)).toMatchObject({ retry: 'soon' });
    expect(decide(1006)).toMatchObject({ retry: 'soon' });
  });

  it('keeps what the gateway said', () => {
    expect(endingOfClose(4403, true).problem).toMatchObject({ reason: 'forbidden', code: 4403 });
    expect(endingOfClose(1006, false).problem).toMatchObject({ reason: 'unreachable', code: 1006 });
    expect(endingOfClose(1006, true).problem.message).not.toBe(endingOfClose(1006, false).problem.message);
  });

  it('resumes a short gap and joins afresh after a long one', () => {
    expect(worthResuming(milliseconds(3_000))).toBe(true);
    expect(worthResuming(milliseconds(60_000))).toBe(false);
  });
});
