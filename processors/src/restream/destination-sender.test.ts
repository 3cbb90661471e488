import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { DestinationError } from './destination-error.js';
import { DestinationSender } from './destination-sender.js';
import type { Outlet, SentChunk } from './outlet.js';

const chunk = (isStart: boolean, mayConnect = isStart): SentChunk => ({
  samples: { video: [], audio: [], data: [] },
  ...{ isStart, mayConnect, tracks: { video: true, audio: true } },
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A sender whose time and destination are the test's. */
function setUp() {
  let now = 0;
  const faults: unknown[] = [];
  const attempts: { resolve: (outlet: Outlet) => void; reject: (error: Error) => void }[] = [];
  const sender = new DestinationSender({
    open: () => new Promise<Outlet>((resolve, reject) => attempts.push({ resolve, reject })),
    onChange: () => undefined,
    onFault: (error) => faults.push(error),
    now: () => now as Milliseconds,
    random: () => 1 - Number.EPSILON,
  });
  return {
    ...{ sender, attempts, faults },
    pass: (ms: number) => {
      now += ms;
    },
    /** The last attempt succeeds. */
    async connect() {
      const taken: SentChunk[] = [];
      let isClosed = false;
      let end: (error: DestinationError) => void = () => undefined;
      const ended = new Promise<DestinationError>((resolve) => {
        end = resolve;
      });
      const figures = { sentBytes: 1_000, unsentBytes: 0, droppedPictures: 2, problem: undefined };
      const close = async () => {
        isClosed = true;
      };
      attempts.at(-1)!.resolve({ figures, ended, close, take: (each) => taken.push(each) });
      await settled();
      return { taken, end, isClosed: () => isClosed };
    },
    async refuse(error: Error) {
      attempts.at(-1)!.reject(error);
      await settled();
    },
  };
}

const REFUSED = new DestinationError('refused', 'The stream key is wrong.');

describe('a sender', () => {
  it('connects at a keyframe, and sends what comes after it is connected', async () => {
    const { sender, attempts, connect } = setUp();
    sender.take(chunk(false));
    // What the log still has of before.
    sender.take(chunk(true, false));
    expect([attempts.length, sender.health.state]).toEqual([0, 'off']);
    sender.take(chunk(true));
    expect([attempts.length, sender.health.state]).toEqual([1, 'connecting']);
    sender.take(chunk(true));
    const { taken } = await connect();
    sender.take(chunk(false));
    expect([attempts.length, taken.length, sender.health.state]).toEqual([1, 1, 'live']);
  });

  it('tries again for ever with longer pauses, and keeps the last real error', async () => {
    const { sender, attempts, refuse, pass } = setUp();
    const pauses: number[] = [];
    sender.take(chunk(true));
    for (let n = 0; n < 10; n++) {
      await refuse(REFUSED);
      expect(sender.health).toMatchObject({ state: 'waiting', problem: REFUSED.message, attempts: n + 1 });
      let waited = 0;
      for (; attempts.length === n + 1; waited += 500) {
        pass(500);
        sender.take(chunk(true));
      }
      pauses.push(waited / 1_000);
      expect(sender.health).toMatchObject({ state: 'connecting', problem: REFUSED.message });
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  it('begins with short pauses again after a connection that has held', async () => {
    const { sender, attempts, refuse, connect, pass } = setUp();
    sender.take(chunk(true));
    for (let n = 0; n < 5; n++) {
      await refuse(REFUSED);
      pass(60_000);
      sender.take(chunk(true));
    }
    const { end } = await connect();
    pass(61_000);
    end(new DestinationError('closed', 'It closed the connection.'));
    await settled();
    expect(sender.health).toMatchObject({ state: 'waiting', droppedPictures: 2 });
    pass(1_000);
    sender.take(chunk(true));
    expect(attempts.length).toBe(7);
  });

  it('tells faults of ours to the log, and tries again', async () => {
    const { sender, refuse, faults } = setUp();
    sender.take(chunk(true));
    await refuse(new TypeError('a fault'));
    expect([faults.length, sender.health.state]).toEqual([1, 'waiting']);
  });

  it('gives up what may not be reached', async () => {
    const { sender, attempts, refuse, pass } = setUp();
    sender.take(chunk(true));
    await refuse(new DestinationError('barred', 'It is in a private network.'));
    pass(600_000);
    sender.take(chunk(true));
    expect(sender.health).toMatchObject({ state: 'failed', problem: 'It is in a private network.' });
    expect(attempts.length).toBe(1);
  });

  it('keeps the connection over a gap, and ends it when the stream stays away', async () => {
    const { sender, connect, pass } = setUp();
    sender.take(chunk(true));
    const { isClosed } = await connect();
    pass(milliseconds(60_000));
    sender.tick();
    expect([isClosed(), sender.health.state]).toEqual([false, 'live']);
    pass(milliseconds(31_000));
    sender.tick();
    expect([isClosed(), sender.health]).toMatchObject([true, { state: 'off', droppedPictures: 2 }]);
  });

  it('that is closed while it connects leaves no connection behind', async () => {
    const { sender, connect } = setUp();
    sender.take(chunk(true));
    const closed = sender.close();
    const { isClosed } = await connect();
    await closed;
    expect(isClosed()).toBe(true);
  });
});
