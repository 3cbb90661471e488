import { expect, it } from 'vitest';
import { delaysOnLink } from './queue.js';

it('a picture waits for those in front of it', () => {
  // 10 pictures a second, 10,000 bytes in 100 ms.
  expect(delaysOnLink([25_000, 5_000, 5_000, 5_000], 10, 800_000)).toEqual([250, 200, 150, 100]);
});
