import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { Economy } from './economy.js';

const viewer = () => {
  const turns: number[] = [];
  return {
    pace: 'economy' as const,
    turns,
    pump: (now: number): void => void turns.push(now),
    unavailable: () => undefined,
  };
};

it('tells each of many chunks at a time, in turns, and never forgets the last', async () => {
  const economy = new Economy();
  const viewers = Array.from({ length: 20 }, viewer);
  for (const one of viewers) economy.add(one);
  let lastTold = 0;
  for (let chunk = 0; chunk < 100; chunk += 1) {
    economy.tell();
    lastTold = performance.now();
    await sleep(10);
  }
  await until(() => viewers.every(({ turns }) => turns.at(-1)! > lastTold));
  for (const { turns } of viewers) expect(turns.length).toBeLessThan(50);
  const groups = new Set(viewers.map(({ turns }) => turns.join()));
  expect(groups.size).toBe(4);
});

it('spreads its subscribers evenly, and forgets those who leave', () => {
  const economy = new Economy();
  const viewers = Array.from({ length: 16 }, viewer);
  for (const one of viewers) economy.add(one);
  expect([...economy]).toHaveLength(16);
  for (const one of viewers.slice(0, 10)) expect(economy.delete(one)).toBe(true);
  expect(economy.delete(viewers[0]!)).toBe(false);
  expect(economy.size).toBe(6);
});

it('rests when all have been told, and when it is stopped', async () => {
  const economy = new Economy();
  const one = viewer();
  economy.add(one);
  economy.tell();
  await until(() => one.turns.length === 1);
  await sleep(400);
  expect(one.turns.length).toBe(1);
  economy.tell();
  economy.stop();
  await sleep(400);
  expect(one.turns.length).toBe(1);
});
