import { CloseCode, retryAdvice } from '@topicast/contracts/close-codes';
import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingOfClose } from './problem.js';
import {
  judgeSilence,
  NO_FAILURES,
  openTimeout,
  type ReconnectState,
  reconnect,
  worthResuming,
} from './reconnect.js';

/** Gateways that stay away. */
function attempts(random: number, count: number, gateways = 1): { delay: number; gateway: number }[] {
  let state: ReconnectState = NO_FAILURES;
  return Array.from({ length: count }, () => {
    const decision = reconnect(state, { retry: 'soon', worked: false }, gateways, random);
    if (decision.retry === 'never') throw new Error('must retry');
    state = decision.state;
    return { delay: decision.delay, gateway: state.gateway };
  });
}
const delays = (random: number, count: number): number[] => attempts(random, count).map(({ delay }) => delay);

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
    const before = { failures: 4, gateway: 0 };
    expect(reconnect(before, ending, 1, 0.5)).toEqual({ retry: 'soon', delay: 50, state: NO_FAILURES });
    expect(reconnect(before, ending, 3, 0.5)).toMatchObject({ state: { failures: 0, gateway: 1 } });
  });

  it('asks each gateway once, at once, before it backs off, and begins again with the first', () => {
    const tried = attempts(0.9999999, 9, 3);
    expect(tried.map(({ gateway }) => gateway)).toEqual([1, 2, 0, 1, 2, 0, 1, 2, 0]);
    expect(tried.map(({ delay }) => Math.round(delay))).toEqual([
      100, 100, 250, 100, 100, 500, 100, 100, 1000,
    ]);
  });

  it('believes that there is no such stream when all have said so', () => {
    const unknown = { retry: 'slowly', worked: false } as const;
    const first = reconnect(NO_FAILURES, unknown, 2, 0.5);
    expect(first).toEqual({ retry: 'soon', delay: 50, state: { failures: 1, gateway: 1 } });
    expect(reconnect({ failures: 1, gateway: 1 }, unknown, 2, 0.5)).toMatchObject({ retry: 'slowly' });
  });

  it('leaves none of the gateways out, and asks none twice in a row where there are others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(30), (gateways, extra) => {
        const tried = attempts(0.5, gateways + extra, gateways).map(({ gateway }) => gateway);
        expect(new Set(tried).size).toBe(gateways);
        if (gateways > 1) expect(tried.every((each, index) => each !== tried[index + 1])).toBe(true);
      }),
    );
  });

  it('does what the close code advises', () => {
    const decide = (code: number) =>
      reconnect(NO_FAILURES, { retry: retryAdvice(code), worked: false }, 1, 0.5);
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

  it('looks elsewhere for a while when a live stream gives nothing', () => {
    const at = (ms: number, random: number) =>
      judgeSilence({ chunk: milliseconds(ms), message: milliseconds(0) }, 2, random);
    expect([at(1_400, 0), at(1_600, 0), at(1_600, 0.9), at(2_600, 0.9), at(11_000, 0)]).toEqual([
      'wait',
      'leave',
      'wait',
      'leave',
      'wait',
    ]);
  });

  it('asks the only gateway, and opens another connection to it when not even an answer comes', () => {
    const at = (chunk: number, message: number) =>
      judgeSilence({ chunk: milliseconds(chunk), message: milliseconds(message) }, 1, 0.5);
    expect([at(500, 500), at(1_000, 1_000), at(2_100, 400), at(2_100, 2_100), at(11_000, 2_000)]).toEqual([
      'wait',
      'ask',
      'ask',
      'leave',
      'wait',
    ]);
  });

  it('tries again at once when nothing answers, and soon has no patience, but time for slow networks too', () => {
    const hung = { retry: 'soon', worked: false, hung: true } as const;
    expect(reconnect({ failures: 6, gateway: 0 }, hung, 1, 0.5)).toMatchObject({ delay: 50 });
    const cut = { failures: 6, gateway: 0, isCut: true };
    expect(reconnect(cut, hung, 1, 0.5)).toMatchObject({ delay: 0, state: { failures: 7, isCut: true } });
    const timeouts = (roundTrip: number | undefined, gateways = 1, isCut = false) =>
      [0, 3, 4, 7, 8, 15].map((failures) =>
        openTimeout(
          { failures, gateway: 0, isCut },
          gateways,
          roundTrip === undefined ? undefined : milliseconds(roundTrip),
        ),
      );
    expect(timeouts(50)).toEqual([500, 500, 1_000, 5_000, 1_000, 5_000]);
    expect(timeouts(300, 2)).toEqual([2_400, 2_400, 2_400, 2_400, 2_400, 5_000]);
    expect(timeouts(80, 1, true)).toEqual([400, 400, 400, 400, 1_000, 5_000]);
    expect(timeouts(10, 1, true)).toEqual([250, 250, 250, 250, 1_000, 5_000]);
    expect(timeouts(undefined)).toEqual(Array(6).fill(10_000));
    expect(timeouts(undefined, 2)).toEqual(Array(6).fill(3_000));
  });

  it('resumes a short gap and joins afresh after a long one', () => {
    expect(worthResuming(milliseconds(3_000))).toBe(true);
    expect(worthResuming(milliseconds(60_000))).toBe(false);
  });
});
