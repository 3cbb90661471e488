import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import type { Shares } from '../chunk-log.js';
import { newStream } from './support.js';

export function describeShares(log: () => Shares): void {
  it('a member alone owns every row of a table, until it leaves', async () => {
    const table = newStream();
    const share = await log().share(`group-${table}`, table, {
      member: 'alone',
      sessionTimeout: milliseconds(6_000),
    });
    let told = 0;
    const stopListening = share.onChange(() => told++);
    const keys = Array.from({ length: 100 }, (_, n) => `key-${n}`);
    await expect.poll(() => keys.every((key) => share.owns(key)), { timeout: 30_000 }).toBe(true);
    expect(share.confirmed).toBe(true);
    const before = told;
    await Promise.all([share.leave(), share.leave()]);
    expect(told).toBe(before + 1);
    expect(keys.some((key) => share.owns(key))).toBe(false);
    stopListening();
  });
}
