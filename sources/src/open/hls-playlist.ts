import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../source-error.js';
import { marked } from './marked-url.js';

const LINES_AT_ONCE = 2_000;
/** The tags whose addresses ffmpeg opens. Others with addresses are left out. */
const OPENED = /^(#EXT-X-(?:KEY|MEDIA|MAP):)(.*)$/;
/** One of an attribute list (RFC 8216 4.2), without the escapes that ffmpeg knows and the RFC does not. */
const ATTRIBUTE = /\s*([A-Z0-9-]+)=("[^"\\]*"|[^"\\,\s]*)\s*(?:,|$)/y;

/**
 * An HLS playlist in which every address is a whole http address, marked where it is https. ffmpeg opens variants and
 * renditions by any protocol that is on its whitelist, and `tcp`, which http needs, is: so nothing is passed on here that
 * was not understood, and lines end where they end for ffmpeg.
 * @throws {SourceError} for an address of another kind
 */
export async function fencedPlaylist(text: string, base: string): Promise<string> {
  const lines = text.split(/\r\n|[\n\r\0]/);
  const fenced: string[] = [];
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    for (const line of lines.slice(at, at + LINES_AT_ONCE)) fenced.push(fencedLine(line.trimEnd(), base));
    // A long playlist does not hold up the streams of others.
    await setImmediate();
  }
  return fenced
    .filter((line) => line !== '')
    .concat('')
    .join('\n');
}

function fencedLine(line: string, base: string): string {
  if (line === '') return '';
  if (!line.startsWith('#')) return address(line, base);
  // A title is no list of attributes, and most tags name nothing.
  if (line.startsWith('#EXTINF:') || !/URI\s*=/i.test(line)) return line;
  const [, tag = '', list = ''] = OPENED.exec(line) ?? [];
  const attributes = list.trim() === '' ? undefined : readAttributes(list);
  if (!attributes) return '';
  const written = attributes.map(([name, value]) =>
    name === 'URI' ? `URI="${address(value.replaceAll('"', ''), base)}"` : `${name}=${value}`,
  );
  return tag + written.join(',');
}

/** @returns undefined if it is not written as it must be: ffmpeg may read something else in it */
function readAttributes(list: string): (readonly [string, string])[] | undefined {
  const read: (readonly [string, string])[] = [];
  for (ATTRIBUTE.lastIndex = 0; ATTRIBUTE.lastIndex < list.length; ) {
    const match = ATTRIBUTE.exec(list);
    if (!match) return undefined;
    read.push([match[1] ?? '', match[2] ?? '']);
  }
  return read;
}

function address(text: string, base: string): string {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return marked(url.href).replaceAll('"', '%22');
  throw new SourceError('refused', 'The playlist names an address that is neither http nor https.');
}
