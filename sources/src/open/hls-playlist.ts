import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../source-error.js';
import { marked } from './marked-url.js';

/** Longer tags are left out, and longer addresses are refused. */
const LONGEST_LINE = 4_096;
const MOST_LINES = 50_000;
/** Characters: every address becomes a complete one, so a playlist grows. */
const LARGEST_FENCED = 8 * 1024 * 1024;
/** Characters that are read before other work has its turn, a few milliseconds; and what a line costs besides its own. */
const WORK_AT_ONCE = 32 * 1024;
const LINE_COST = 50;
/** The tags whose addresses ffmpeg opens. Others with addresses are left out. */
const OPENED = /^(#EXT-X-(?:KEY|MEDIA|MAP):)(.*)$/;
/** An attribute of a list (RFC 8216 4.2), without the escapes that ffmpeg knows but the RFC does not. */
const ATTRIBUTE = /\s*([A-Z0-9-]+)=("[^"\\]*"|[^"\\,\s]*)\s*(?:,|$)/y;

/**
 * An HLS playlist in which every address is a complete http address, with a mark for https. ffmpeg opens variants and
 * renditions with any protocol on its whitelist, which must contain `tcp` because http needs it. So we pass on nothing
 * that we have not understood, and lines end where ffmpeg ends them.
 * @throws {SourceError} for an address of another kind
 */
export async function fencedPlaylist(text: string, base: string): Promise<string> {
  const written: string[] = [];
  let piece = '';
  let length = 0;
  let work = 0;
  let lines = 0;
  for (const line of linesOf(text)) {
    const fenced = fencedLine(line, base);
    if (fenced !== '') {
      piece += `${fenced}\n`;
      length += fenced.length + 1;
      lines += 1;
    }
    if (length > LARGEST_FENCED || lines > MOST_LINES) throw new Error('the playlist is too long');
    // An address is resolved against the base, whose length counts each time.
    work += line === '' ? 1 : LINE_COST + line.length + base.length;
    if (work < WORK_AT_ONCE) continue;
    written.push(piece);
    piece = '';
    work = 0;
    // A long playlist must not delay other streams.
    await setImmediate();
  }
  return written.concat(piece).join('');
}

function* linesOf(text: string): Generator<string> {
  const end = /\r\n|[\n\r\0]/g;
  let at = 0;
  for (let found = end.exec(text); found; found = end.exec(text)) {
    yield text.slice(at, found.index).trimEnd();
    at = end.lastIndex;
  }
  yield text.slice(at).trimEnd();
}

function fencedLine(line: string, base: string): string {
  if (line === '') return '';
  const isTag = line.startsWith('#');
  if (line.length > LONGEST_LINE) {
    if (isTag) return '';
    throw new Error('the playlist has an address that is too long');
  }
  if (!isTag) return address(line, base);
  // A title is not a list of attributes, and most tags name nothing.
  if (line.startsWith('#EXTINF:') || !/URI\s*=/i.test(line)) return line;
  const [, tag = '', list = ''] = OPENED.exec(line) ?? [];
  const attributes = list.trim() === '' ? undefined : readAttributes(list);
  if (!attributes) return '';
  const written = attributes.map(([name, value]) =>
    name === 'URI' ? `URI="${address(value.replaceAll('"', ''), base, REFUSALS[tag])}"` : `${name}=${value}`,
  );
  return tag + written.join(',');
}

/** @returns undefined if it is malformed, because ffmpeg may read something else in it */
function readAttributes(list: string): (readonly [string, string])[] | undefined {
  const read: (readonly [string, string])[] = [];
  for (ATTRIBUTE.lastIndex = 0; ATTRIBUTE.lastIndex < list.length; ) {
    const match = ATTRIBUTE.exec(list);
    if (!match) return undefined;
    read.push([match[1] ?? '', match[2] ?? '']);
  }
  return read;
}

const REFUSALS: Readonly<Record<string, string>> = {
  '#EXT-X-KEY:':
    'The playlist names a key whose address is neither http nor https, as DRM does. What is protected by DRM cannot be streamed.',
};

function address(
  text: string,
  base: string,
  refusal = 'The playlist names an address that is neither http nor https.',
): string {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return marked(url.href).replaceAll('"', '%22');
  throw new SourceError('refused', refusal);
}
