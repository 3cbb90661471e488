import type { JudgedSource } from '@topicast/sources';

/** What the streamer is told about an address that waits for a caller: we cannot call again to mend anything. */
export const NOBODY_SENDS = 'Nobody sends at present: the address waits for a sender.';
export const TRACK_LEFT_OUT =
  'A track has come after the start and is left out: let the sender connect again.';
export const AT_THE_NEXT_CALL =
  'The source is another one than before (in HDR or not, or with other programmes): it is shown rightly when the sender connects again.';
const SENDER_LACKS_SOUND =
  'The sender announces sound and sends none, and the picture waits for it: send sound, or announce none.';

/** ffmpeg describes a track by what comes of it. */
const LACKS_SOUND = /Could not find codec parameters for stream \d{1,5} \(Audio/;

/** @param lines what ffmpeg has said; it says nothing while nobody calls. @returns undefined if nothing is known */
export function whatIsAwaited(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return NOBODY_SENDS;
  return lines.some((line) => LACKS_SOUND.test(line)) ? SENDER_LACKS_SOUND : undefined;
}

/** A listening address waits for a caller, so silence is not a failure. */
export const isListening = (source: JudgedSource): boolean => source.kind === 'url' && source.listens;
