import type { Ending } from './problem.js';
import type { Problem } from './types.js';

export const badAddress = (src: string): Ending => ({
  problem: { reason: 'address', message: `"${src.slice(0, 200)}" is not the address of a stream.` },
  retry: 'never',
});

export const badGroup = (name: string): Problem => ({
  reason: 'protocol',
  message: `sync: "${name.slice(0, 80)}" is not the name of a group: use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit.`,
});
