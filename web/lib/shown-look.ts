import { canonicalLanguage } from '@topicast/contracts/language';
import type { FoundTrack, SourceLook } from '@topicast/contracts/look';
import type { StreamDraft } from './stream-draft';

/** What somebody has chosen of the sound. */
type SoundWish = Pick<StreamDraft, 'language' | 'copy'>;

export interface ShownLook {
  readonly look: SourceLook;
  /** What of it is from before the choice of another language. */
  readonly outdated: 'nothing' | 'notes' | 'sound and notes';
}

/**
 * A look as it is shown once another language of the sound is chosen: which sound is sent follows from the tracks, as
 * long as all sounds are treated alike. The notes are the producer's own words, and stay as they were.
 * @param seenIn the language for which it was made
 */
export function shownLook(look: SourceLook, seenIn: string, { language, copy }: SoundWish): ShownLook {
  if (canonicalLanguage(seenIn) === canonicalLanguage(language)) return { look, outdated: 'nothing' };
  const sounds = look.tracks.filter(({ kind }) => kind === 'audio');
  const sent = sounds.filter(isSent);
  // Nobody knows here which other sounds can be copied, nor whether there is any in a track of which none was sent.
  if (sent.length === 0 || (copy && sent.length < sounds.length))
    return { look, outdated: 'sound and notes' };
  const chosen = chosenSound(look, seenIn, language);
  const tracks = look.tracks.map((track) =>
    track.kind === 'audio' ? withFate(track, track === chosen) : track,
  );
  return { look: { ...look, tracks }, outdated: look.notes.length > 0 ? 'notes' : 'nothing' };
}

/** As the producer chooses: the first one in the language, otherwise the first one. */
function chosenSound({ tracks }: SourceLook, seenIn: string, language: string): FoundTrack | undefined {
  const programme = tracks.find(isSent)?.programme;
  const usable = tracks.filter(
    (track) => track.kind === 'audio' && (isSent(track) || track.programme === programme),
  );
  const inLanguage = usable.find(
    (track) =>
      language && track.language && canonicalLanguage(track.language) === canonicalLanguage(language),
  );
  // Before any choice, the one that was sent was the first one.
  return inLanguage ?? (seenIn === '' ? usable.find(isSent) : usable[0]);
}

function withFate(track: FoundTrack, isChosen: boolean): FoundTrack {
  if (isChosen === isSent(track)) return track;
  return isChosen
    ? { ...track, becomes: 'encoded', why: undefined }
    : { ...track, becomes: 'left out', why: 'One sound is sent.' };
}

const isSent = ({ becomes }: FoundTrack): boolean => becomes !== 'left out';
