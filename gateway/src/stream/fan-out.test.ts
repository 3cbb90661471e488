import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '@topicast/contracts/units';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { FanOut, pauseBetweenRounds } from './fan-out.js';

const viewerThatTakes = (ms: number) => {
  const rounds: number[] = [];
  const pump = (now: number): void => {
    rounds.push(now);
    while (performance.now() < now + ms);
  };
  return { pace: 'prompt' as const, rounds, pump, unavailable: () => undefined };
};

it('tells a small audience of each chunk at once', () => {
  const fanOut = new FanOut();
  const viewer = viewerThatTakes(0);
  fanOut.add(viewer);
  for (let chunk = 0; chunk < 10; chunk += 1) {
    // Rounds that take no time need no pause, but there is a small one.
    const before = performance.now();
    while (performance.now() < before + 1);
    fanOut.tell();
  }
  expect(viewer.rounds.length).toBe(10);
});

it('tells a large one at intervals, and never forgets the last chunk', async () => {
  const fanOut = new FanOut();
  const viewer = viewerThatTakes(10);
  fanOut.add(viewer);
  let lastTold = 0;
  for (let chunk = 0; chunk < 60; chunk += 1) {
    fanOut.tell();
    lastTold = performance.now();
    await sleep(5);
  }
  await until(() => viewer.rounds.at(-1)! > lastTold - 10);
  expect(viewer.rounds.length).toBeLessThan(45);
});

it('pauses by what a round takes, within bounds', () => {
  expect(pauseBetweenRounds(milliseconds(0))).toBe(0);
  expect(pauseBetweenRounds(milliseconds(2))).toBe(32);
  expect(pauseBetweenRounds(milliseconds(500))).toBe(50);
});
