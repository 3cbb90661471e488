import { expect, it } from 'vitest';
import { readOptions } from './options.js';

it('takes what chaos knows', () => {
  expect(readOptions(['--only', 'soak', '--only', 'leader-kill', '--minutes', '0.5'])).toMatchObject({
    only: ['soak', 'leader-kill'],
    minutes: 0.5,
  });
});

it.each([
  [['--nonsense'], /^Unknown option '--nonsense'/],
  [['--minutes', 'abc'], /^--minutes abc: must be a number above 0$/],
  [['--minutes', '0'], /^--minutes 0: must be/],
  [['--only', 'leader-kill', '--only', 'unknown'], /^there is no scenario "unknown"/],
  [['--json', '/no/such/folder/x.json'], /^--json .*: there is no such folder$/],
  [['leader-kill'], /^Unexpected argument 'leader-kill'/],
])('refuses %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
