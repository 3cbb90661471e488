import type { JudgedSource } from '@topicast/sources';
import { explain, explainSilence } from '../ffmpeg/explain.js';
import { isListening, NOBODY_SENDS } from './caller.js';
import type { EncoderExit, SourceFacts } from './encode.js';

/** What the streamer is told about a source while it runs, and when it ends. */
const SOUND_MISSING = 'The source sends no sound at present: silence takes its place.';
const PICTURES_MISSING = 'The source sends no pictures at present: the last one stays.';
/** Streamers do not ask about less. */
const TOLD_DELAY_MS = 1_000;

/** One sentence each. */
export function factsInWords({ isSilent, isStill, delay }: SourceFacts): string[] {
  const late = `The source comes in bursts: they are evened out, which delays it by ${(delay / 1_000).toFixed(1)} s.`;
  return [
    ...(isStill ? [PICTURES_MISSING] : []),
    ...(isSilent ? [SOUND_MISSING] : []),
    ...(delay < TOLD_DELAY_MS ? [] : [late]),
  ];
}

/** @param lines ffmpeg's last ones */
export function whyItEnded(
  { silent, clean, how }: EncoderExit,
  lines: readonly string[],
  source: JudgedSource,
  hasRun: boolean,
): string {
  if (silent === 'source') return explainSilence(lines, hasRun);
  if (silent !== undefined) {
    return `The encoder gave no more pictures of rendition ${silent} while the others went on.`;
  }
  if (isListening(source) && hasRun) return NOBODY_SENDS;
  return clean ? 'The source has ended.' : explain(source, lines, how);
}
