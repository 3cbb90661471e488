import { isStreamId } from '@topicast/contracts/stream-id';

const MAX_ID_LENGTH = 63;

/** The id that a title suggests: `Friday Night – Été` becomes `friday-night-ete`; empty if nothing usable is in it. */
export const slugFromTitle = (title: string): string =>
  title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_ID_LENGTH)
    .replace(/-+$/, '');

/** What is wrong with an id as typed so far, in words that say what to do; undefined if it is valid. */
export function streamIdProblem(id: string, taken: ReadonlySet<string>): string | undefined {
  if (id === '') return 'Give the stream an id: it becomes part of its address.';
  if (/[A-Z]/.test(id)) return 'Use lower-case letters.';
  const stranger = /[^a-z0-9-]/u.exec(id)?.[0];
  if (stranger !== undefined) {
    return `Use a–z, 0–9 and "-" only; ${stranger.trim() === '' ? 'spaces do' : `"${stranger}" does`} not fit.`;
  }
  if (id.startsWith('-')) return 'Begin with a letter or a digit.';
  if (!isStreamId(id)) return `Use at most ${MAX_ID_LENGTH} characters.`;
  if (taken.has(id)) return 'A stream with this id already exists.';
  return undefined;
}
