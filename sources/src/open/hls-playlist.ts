import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../source-error.js';
import { marked } from './marked-url.js';

const LINES_AT_ONCE = 2_000;
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
  const lines = text.split(/\r\n|[\n\r\0]/);
  const fenced: string[] = [];
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    for (const line of lines.slice(at, at + LINES_AT_ONCE)) fenced.push(fencedLine(line.trimEnd(), base));
    // A long playlist must not delay other streams.
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
  // A title is not a list of attributes, and most tags name nothing.
  if (line.startsWith('#EXTINF:') || !/URI\s*=/i.test(line)) return line;
  const [, tag = '', list = ''] = OPENED.exec(line) ?? [];
  const attributes = list.trim() === '' ? undefined : readAttributes(list);
  if (!attributes) return '';
  const written = attributes.map(([name, value]) =>
    name === 'URI' ? `URI="${address(value.replaceAll('"', ''), base)}"` : `${name}=${value}`,
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

function address(text: string, base: string): string {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return marked(url.href).replaceAll('"', '%22');
  throw new SourceError('refused', 'The playlist names an address that is neither http nor https.');
}
