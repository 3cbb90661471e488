import type { JudgedSource } from '@topicast/sources';
import {
  ABOUT_THE_MEDIA,
  BY_PROTOCOL,
  COMMON,
  LOCKED,
  OUTAGE,
  type Reason,
  SILENCES,
  UNREADABLE,
} from './reasons.js';

const NOT_A_PAGE = 'The address of a web page that shows a video is not the address of the video.';

const end = (lines: readonly string[]): string => lines.slice(-8).join('\n');

const find = (reasons: readonly Reason[], text: string): string | undefined =>
  reasons.find(([pattern]) => pattern.test(text))?.[1];

/** Whether ffmpeg judged the media, rather than failed for a reason that may pass. */
export const isVerdictOnMedia = (lines: readonly string[]): boolean =>
  find(ABOUT_THE_MEDIA, end(lines)) !== undefined && !lines.some((line) => OUTAGE.test(line));

/** The line that says that nobody but the holder of a key can read the media. */
export const lockedLine = (lines: readonly string[]): string | undefined =>
  lines.find((line) => find(LOCKED, line) !== undefined);

/** Why a source says nothing. @param hasRun it did before */
export const explainSilence = (lines: readonly string[], hasRun: boolean): string =>
  find(SILENCES, end(lines)) ??
  (hasRun ? 'The source has stopped sending.' : 'Nothing comes from the source: does anybody send to it?');

/** Of addresses, what the way there says comes first: all else follows from it. What is general comes last. */
const reasonsOf = (source: JudgedSource): readonly Reason[] => {
  if (source.kind !== 'url') return [...ABOUT_THE_MEDIA, ...COMMON];
  return [...SILENCES, ...COMMON, ...BY_PROTOCOL[source.protocol], ...ABOUT_THE_MEDIA];
};

/** One line for the streamer, from ffmpeg's last lines; the lines themselves are shown beside it. */
export function explain(source: JudgedSource, lines: readonly string[], how: string): string {
  const text = end(lines);
  const what = { test: 'The test picture', file: 'The file', url: 'The address', device: 'The device' }[
    source.kind
  ];
  const reason = find(LOCKED, lines.join('\n')) ?? find(reasonsOf(source), text);
  if (reason) {
    const isPage = source.kind === 'url' && reason === UNREADABLE && /^https?$/.test(source.protocol);
    return `${what} cannot be streamed. ${reason}${isPage ? ` ${NOT_A_PAGE}` : ''}`;
  }
  const last = lines.at(-1);
  if (last === undefined && source.kind === 'url') {
    // The static build of 2018 dies of names that do not exist, without a word.
    return `${what} stopped (${how}). Is the host name right?`;
  }
  return `${what} stopped (${how})${last ? `: ${last}` : '.'}`;
}
