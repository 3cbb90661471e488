import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Intake } from './intake.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An encoder that takes as many pictures as it is allowed to. */
function encoder() {
  const taken: number[] = [];
  let held: (() => void) | undefined;
  let isStuck = false;
  const input = new Writable({
    highWaterMark: 1,
    write(data: Uint8Array, _encoding, done) {
      taken.push(data[0]!);
      if (isStuck) held = done;
      else done();
    },
  });
  return {
    input,
    taken,
    stop: () => {
      isStuck = true;
    },
    goOn: () => {
      isStuck = false;
      held?.();
    },
  };
}

/** GOPs of five pictures, one second each; each picture has the number of its GOP. */
async function send(intake: Intake, gops: readonly number[]): Promise<void> {
  for (const gop of gops) {
    for (let picture = 0; picture < 5; picture++) {
      intake.offer(Uint8Array.of(gop), picture === 0);
      await vi.advanceTimersByTimeAsync(200);
    }
  }
}
const five = (...gops: number[]): number[] => gops.flatMap((gop) => Array<number>(5).fill(gop));

describe('the intake of an encoder', () => {
  it('keeps what comes before the encoder does, and ends it when all is in', async () => {
    const intake = new Intake();
    const { input, taken } = encoder();
    await send(intake, [1]);
    intake.open(input);
    await send(intake, [2]);
    intake.end();
    await send(intake, [3]);
    expect(taken).toEqual(five(1, 2));
    expect(input.writableFinished).toBe(true);
  });

  it('leaves whole GOPs out while the encoder hangs, and goes on at a keyframe', async () => {
    const intake = new Intake();
    const { input, taken, stop, goOn } = encoder();
    intake.open(input);
    intake.start();
    await send(intake, [1]);
    stop();
    await send(intake, [2, 3, 4, 5, 6]);
    goOn();
    await vi.advanceTimersByTimeAsync(1);
    await send(intake, [7]);
    expect(taken).toEqual(five(1, 2, 3, 4, 7));
  });
});
