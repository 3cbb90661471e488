import type { Probe } from './probe.js';

const NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

/** `ger`, `deu` and `de` are the same (ISO 639-1, 639-2/B and 639-2/T). */
function canonical(language: string): string {
  try {
    return new Intl.Locale(language).language;
  } catch {
    return language;
  }
}

/** In English; the code itself if it is none that anybody knows. */
export const languageName = (language: string): string => NAMES.of(canonical(language)) ?? language;

/** Which sound track to send, from 0, and what the streamer should know about the choice. */
export interface SoundChoice {
  readonly track: number;
  readonly note: string | undefined;
}

/** Of tracks that have sound, the one in the wanted language; otherwise the first one. */
export function chooseSound(
  wanted: string | undefined,
  probe: Pick<Probe, 'audio' | 'soundTrack'>,
): SoundChoice {
  const { audio, soundTrack } = probe;
  const spoken = audio.map(({ language }) => language && canonical(language));
  const inIt =
    wanted === undefined
      ? -1
      : audio.findIndex(({ isUsable }, track) => isUsable && spoken[track] === canonical(wanted));
  const track = inIt < 0 ? soundTrack : inIt;
  const chosen = spoken[track];
  const named = chosen === undefined ? 'the first sound' : `the sound in ${languageName(chosen)}`;
  if (wanted !== undefined && inIt < 0) {
    const instead = audio.length > 0 ? `: ${named} is sent` : '';
    return { track, note: `The source has no sound in ${languageName(wanted)}${instead}.` };
  }
  const others = new Set(spoken.flatMap((each) => (each === undefined || each === chosen ? [] : each)));
  if (wanted !== undefined || others.size === 0) return { track, note: undefined };
  const more = [...others].map(languageName).join(', ');
  return {
    track,
    note: `The source has sound in ${more}, too: ${named} is sent, unless you choose another language.`,
  };
}
