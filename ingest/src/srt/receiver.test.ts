import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PublisherEnd, Refusal, Seat } from '../doorkeeper.js';
import { type Listening, SrtReceiver } from './receiver.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function later<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A port at which callers come and go, and a door. */
function scene({ failures = 0 } = {}) {
  const calls: {
    send: (text: string) => void;
    leave: (end?: { clean: boolean }) => void;
    isPaused: boolean;
    isEnded: boolean;
  }[] = [];
  const taken: string[] = [];
  const ends: PublisherEnd[] = [];
  const dismissal = new AbortController();
  let answer: Promise<Seat | Refusal> | Refusal | 'seat' = 'seat';
  const seat: Seat = {
    dismissed: dismissal.signal,
    take: (bytes) => taken.push(Buffer.from(bytes).toString()),
    note: () => undefined,
    leave: (end) => ends.push(end),
  };
  const receiver = new SrtReceiver({
    listen: async (onBytes): Promise<Listening> => {
      if (failures-- > 0) throw new Error('spawn ENOMEM');
      const { promise, resolve } = later<{ clean: boolean }>();
      const call = {
        send: (text: string) => onBytes(Buffer.from(text)),
        leave: (end = { clean: true }) => resolve(end),
        isPaused: false,
        isEnded: false,
      };
      calls.push(call);
      return {
        ended: promise,
        pause: () => {
          call.isPaused = true;
        },
        resume: () => {
          call.isPaused = false;
        },
        end: () => {
          call.isEnded = true;
          resolve({ clean: true });
        },
      };
    },
    admit: async () => (answer === 'seat' ? seat : answer),
  });
  return {
    ...{ calls, taken, ends, receiver, dismissal, seat },
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    pass: (ms = 0) => vi.advanceTimersByTimeAsync(ms),
  };
}

describe('an SRT receiver', () => {
  it('asks when bytes come, holds the caller meanwhile, and loses none of them', async () => {
    const { calls, taken, receiver, answerWith, seat, pass } = scene();
    const { promise, resolve } = later<Seat>();
    answerWith(promise);
    await pass();
    calls[0]!.send('a');
    calls[0]!.send('b');
    expect(calls[0]!.isPaused).toBe(true);
    expect([taken, receiver.isTaken]).toEqual([[], false]);
    resolve(seat);
    await pass();
    calls[0]!.send('c');
    expect([taken, receiver.isTaken, calls[0]!.isPaused]).toEqual([['a', 'b', 'c'], true, false]);
    await receiver.close();
    expect(calls[0]!.isEnded).toBe(true);
  });

  it('waits for the next caller when one has left, is silent, or has to go', async () => {
    const { calls, ends, receiver, dismissal, pass } = scene();
    await pass();
    calls[0]!.send('a');
    await pass(5_000);
    calls[0]!.leave();
    await pass(1_000);
    expect([ends.length, calls.length]).toEqual([1, 2]);
    // Nobody calls for an hour.
    await pass(3_600_000);
    calls[1]!.send('a');
    await pass(12_000);
    expect([ends.length, calls.length]).toEqual([2, 3]);
    calls[2]!.send('a');
    await pass();
    dismissal.abort(new Error('The stream was stopped.'));
    await pass(1_000);
    expect(ends).toEqual([{ why: 'gone' }, { why: 'gone' }, { why: 'gone' }]);
    await receiver.close();
  });

  it('tells a goodbye from a loss', async () => {
    const { calls, ends, receiver, pass } = scene();
    const after = async (ms: number, end?: { clean: boolean }) => {
      await pass(1_000);
      calls.at(-1)!.send('a');
      await pass(ms);
      calls.at(-1)!.leave(end);
      await pass();
      return ends.at(-1)?.why;
    };
    expect(await after(50)).toBe('finished');
    expect(await after(5_000)).toBe('gone');
    // Its own process was killed.
    expect(await after(50, { clean: false })).toBe('gone');
    await receiver.close();
  });

  it('tries its port again when nothing could be started', async () => {
    const { calls, taken, receiver, pass } = scene({ failures: 3 });
    await pass(3_000);
    calls[0]!.send('a');
    await pass();
    expect(taken).toEqual(['a']);
    await receiver.close();
  });

  it('sends away who is refused, and takes longer to wait again each time', async () => {
    const { calls, ends, receiver, answerWith, pass } = scene();
    answerWith('busy');
    await pass();
    for (let count = 0; count < 60; count++) {
      calls.at(-1)!.send('a');
      await pass(1_000);
    }
    expect(ends).toEqual([]);
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.length).toBeLessThan(20);
    await receiver.close();
  });

  it('cuts who sends more than 100 Mbit/s, in words', async () => {
    const { calls, ends, receiver, pass } = scene();
    await pass();
    calls[0]!.send('a');
    await pass();
    for (let count = 0; count < 70; count++) calls[0]!.send('a'.repeat(1_000_000));
    await pass(1_000);
    expect(ends).toEqual([{ why: 'cut', problem: expect.stringContaining('lower its bitrate') }]);
    await receiver.close();
  });
});
