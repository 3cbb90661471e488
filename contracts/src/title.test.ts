import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanTitle, titleText } from './title.js';

describe('cleanTitle', () => {
  it.each([
    ['Camera 1', 'Camera 1'],
    ['  two\t\r\nlines\u2028here\u0085 ', 'two lines here'],
    ['bell\u0007 and \u001b[31mcolour', 'bell and [31mcolour'],
    ['gpj.\u202eexe \u2066x\u2069', 'gpj.exe x'],
    ['in\u200bvi\u2060si\ufeffble\u00ad', 'invisible'],
    ['half \ud83d pair', 'half pair'],
    ['\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
    [
      '\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 live',
      '\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 live',
    ],
    ['\u200d\u200e \u0301', ''],
  ])('makes of %j %j', (text, clean) => {
    expect(cleanTitle(text)).toBe(clean);
  });

  it('leaves a clean title as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const clean = cleanTitle(text);
        expect(cleanTitle(clean)).toBe(clean);
        expect(clean).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

it('refuses a title without anything to read, and one that is too long', () => {
  expect(titleText.parse(' a\u0000b ')).toBe('a b');
  for (const text of ['', ' ', '\u200b\u202e', 'x'.repeat(201)])
    expect(titleText.safeParse(text).success).toBe(false);
});
