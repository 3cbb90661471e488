import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { expect, it } from 'vitest';
import { parseArguments } from './arguments.js';

it('no argument keeps a program from starting', () => {
  const readers = {
    input: (text: string) => parseArguments(['--input', text], { demo: false }),
    'source of an input': (text: string) => parseArguments(['--input', `a=${text}`], { demo: false }),
    'address of an input': (text: string) => parseArguments(['--input', `a=http://${text}`], { demo: false }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
