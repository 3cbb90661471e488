import { canonicalLanguage } from '@topicast/contracts/language';
import type { FoundTrack, SourceLook } from '@topicast/contracts/look';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownLook } from './shown-look';

const sound = (language: string | undefined, becomes: FoundTrack['becomes'], more: object = {}) =>
  ({ kind: 'audio', codec: 'aac', ...(language && { language }), becomes, ...more }) as const;

const PICTURE: FoundTrack = {
  ...{ kind: 'video', codec: 'h264', isTurned: false, isInterlaced: false, range: 'standard' },
  becomes: 'encoded',
};

const lookOf = (...sounds: readonly FoundTrack[]): SourceLook => ({
  ...{ container: 'matroska', renditions: [], notes: ['The sound in English is sent.'] },
  tracks: [PICTURE, ...sounds],
  still: { jpeg: 'abc' },
});

const fates = ({ tracks }: SourceLook) =>
  tracks.filter(({ kind }) => kind === 'audio').map(({ becomes, why }) => [becomes, why]);
const ONE = 'One sound is sent.';

describe('a look after another language was chosen', () => {
  const film = lookOf(
    sound('eng', 'encoded', { why: 'In stereo.' }),
    sound('ger', 'left out', { why: ONE }),
    sound('ger', 'left out', { why: ONE }),
  );

  it('says that the sound in that language is sent, and no other', () => {
    const { look, outdated } = shownLook(film, '', { language: 'de', copy: false });
    expect(fates(look)).toEqual([
      ['left out', ONE],
      ['encoded', undefined],
      ['left out', ONE],
    ]);
    expect(outdated).toBe('notes');
    expect(look).toMatchObject({ tracks: [PICTURE, {}, {}, {}], still: film.still, notes: film.notes });
  });

  it('is as it was for the language for which it was made', () => {
    expect(shownLook(film, '', { language: '', copy: false })).toEqual({ look: film, outdated: 'nothing' });
    expect(shownLook(film, 'ger', { language: 'deu', copy: false }).look).toBe(film);
  });

  it('keeps the first sound where none is in that language', () => {
    expect(fates(shownLook(film, '', { language: 'fr', copy: false }).look)).toEqual(fates(film));
    const german = lookOf(sound('eng', 'left out', { why: ONE }), sound('ger', 'encoded'));
    expect(fates(shownLook(german, 'ger', { language: '', copy: false }).look)).toEqual([
      ['encoded', undefined],
      ['left out', ONE],
    ]);
  });

  it('chooses no sound of another programme', () => {
    const other = sound('ger', 'left out', { programme: 2, why: 'It belongs to another programme.' });
    const two = lookOf(other, sound('eng', 'encoded', { programme: 1 }));
    const tracks = two.tracks.map((track) => (track.kind === 'video' ? { ...track, programme: 1 } : track));
    const look = { ...two, tracks };
    expect(fates(shownLook(look, '', { language: 'ger', copy: false }).look)).toEqual(fates(look));
  });

  it('copies one where all of them were copied, and does not guess where only some can be', () => {
    const all = lookOf(sound('eng', 'copied'), sound('ger', 'copied'));
    expect(fates(shownLook(all, '', { language: 'ger', copy: true }).look)).toEqual([
      ['left out', ONE],
      ['copied', undefined],
    ]);
    const some = lookOf(sound('eng', 'copied'), sound('ger', 'left out'));
    expect(shownLook(some, '', { language: 'ger', copy: true })).toEqual({
      look: some,
      outdated: 'sound and notes',
    });
    const none = lookOf(sound('eng', 'left out'), sound('ger', 'left out'));
    expect(shownLook(none, '', { language: 'ger', copy: false }).outdated).toBe('sound and notes');
  });

  it('sends exactly one sound, in the language if there is one', () => {
    const languages = fc.constantFrom('eng', 'ger', 'fre', undefined);
    fc.assert(
      fc.property(
        fc.array(languages, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('en', 'deu', 'fra', 'ita'),
        (spoken, language) => {
          const look = lookOf(...spoken.map((each, at) => sound(each, at === 0 ? 'encoded' : 'left out')));
          const { tracks } = shownLook(look, '', { language, copy: false }).look;
          const sent = tracks.filter(({ kind, becomes }) => kind === 'audio' && becomes !== 'left out');
          const first = spoken.findIndex(
            (each) => each && canonicalLanguage(each) === canonicalLanguage(language),
          );
          expect(sent).toHaveLength(1);
          expect(tracks.indexOf(sent[0]!)).toBe(1 + Math.max(0, first));
        },
      ),
    );
  });
});
