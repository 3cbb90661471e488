import type { StreamInfo } from '@topicast/contracts/http';
import { describeSource } from './stream-facts';

const PLACES: Record<StreamInfo['state'], number> = { live: 0, starting: 1, failed: 2, offline: 3 };
const titles = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** What a stream is called: its title, or its id where it has none. */
export const nameOf = ({ title, id }: Pick<StreamInfo, 'title' | 'id'>): string => title || id;

/** What runs comes first; then by title. */
export const arranged = (streams: readonly StreamInfo[]): StreamInfo[] =>
  [...streams].sort(
    (one, other) =>
      PLACES[one.state] - PLACES[other.state] ||
      titles.compare(nameOf(one), nameOf(other)) ||
      (one.id < other.id ? -1 : 1),
  );

/** Those whose title, id or source has all words of the search in it, in any order. */
export function found(streams: readonly StreamInfo[], search: string): StreamInfo[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  return streams.filter((stream) => {
    const text = plain(`${stream.title} ${stream.id} ${describeSource(stream.source)}`);
    return words.every((word) => text.includes(word));
  });
}

/** As people type it into a search: without accents, in lower case. */
const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
