import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalLanguage, languageName } from './language.js';

it('knows a language by its code of two letters, and by both of three', () => {
  for (const code of ['de', 'deu', 'ger']) {
    expect([canonicalLanguage(code), languageName(code)]).toEqual(['de', 'German']);
  }
  expect([languageName('qzz'), languageName('zz'), languageName('00')]).toEqual(['qzz', 'zz', '00']);
});

it('takes whatever a source says', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof languageName(text) === 'string'));
});
