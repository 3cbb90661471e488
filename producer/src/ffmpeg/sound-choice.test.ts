import { expect, it } from 'vitest';
import { chooseSound } from './sound-choice.js';

const sound = (language: string | undefined, isUsable = true) => ({
  ...{ codec: 'aac', layout: 'stereo', language, isUsable },
});
const source = (...languages: (string | undefined)[]) => ({
  ...{ soundTrack: 0, audio: languages.map((language) => sound(language)) },
});

it('knows a language by its code of two letters, and by both of three', () => {
  for (const code of ['de', 'deu', 'ger']) {
    expect(chooseSound(code, source('eng', 'ger')).track).toBe(1);
    expect(chooseSound(code, source('eng', 'de')).track).toBe(1);
  }
});

it('sends the first sound if there is none in the language, or none of that comes, and says so', () => {
  expect(chooseSound('fr', source('eng', 'ger'))).toEqual({
    ...{ track: 0, note: 'The source has no sound in French: the sound in English is sent.' },
  });
  const empty = { soundTrack: 0, audio: [sound('eng'), sound('fra', false)] };
  expect(chooseSound('fr', empty).track).toBe(0);
  expect(chooseSound('fr', source(undefined)).note).toBe(
    'The source has no sound in French: the first sound is sent.',
  );
  expect(chooseSound('fr', source()).note).toBe('The source has no sound in French.');
});

it('mentions other languages if nobody has chosen one', () => {
  expect(chooseSound(undefined, source('eng', 'eng', undefined)).note).toBeUndefined();
  expect(chooseSound('en', source('eng', 'ger')).note).toBeUndefined();
  expect(chooseSound(undefined, source('eng', 'ger', 'fre')).note).toBe(
    'The source has sound in German, French, too: the sound in English is sent, unless you choose another language.',
  );
});
