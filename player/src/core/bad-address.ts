import type { Ending } from './problem.js';

export const badAddress = (src: string): Ending => ({
  problem: { reason: 'address', message: `"${src.slice(0, 200)}" is not the address of a stream.` },
  retry: 'never',
});
