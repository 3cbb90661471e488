import { canonicalLanguage, languageName } from '@topicast/contracts/language';
import type { Probe } from './probe.js';

/** In one sentence. */
const MOST_NAMED = 8;

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
  const spoken = audio.map(({ language }) => language && canonicalLanguage(language));
  const inIt =
    wanted === undefined
      ? -1
      : audio.findIndex(({ isUsable }, track) => isUsable && spoken[track] === canonicalLanguage(wanted));
  const track = inIt < 0 ? soundTrack : inIt;
  const chosen = spoken[track];
  const named = chosen === undefined ? 'the first sound' : `the sound in ${languageName(chosen)}`;
  if (wanted !== undefined && inIt < 0) {
    const instead = audio.length > 0 ? `: ${named} is sent` : '';
    return { track, note: `The source has no sound in ${languageName(wanted)}${instead}.` };
  }
  const others = new Set(spoken.flatMap((each) => (each === undefined || each === chosen ? [] : each)));
  if (wanted !== undefined || others.size === 0) return { track, note: undefined };
  const more = [...others].slice(0, MOST_NAMED).map(languageName).join(', ');
  return {
    track,
    note: `The source has sound in ${more}, too: ${named} is sent, unless you choose another language.`,
  };
}
