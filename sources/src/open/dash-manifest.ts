import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../source-error.js';
import { marked } from './marked-url.js';

/** Makes a parser read other characters than the text has; and parts of comments that must not remain. */
const HIDING = /<!|<\?|&#|\0/;
const ENCODING = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/i;
const READ_AS_THEY_STAND = ['utf-8', 'us-ascii', 'ascii', 'iso-8859-1'];
/** Before "://", at the beginning of an attribute, a text or a word. */
const HTTP = /(?:^|[\s"'>])(https?)$/i;
/** Characters, and comments, before other work has its turn: a few milliseconds. */
const CHARACTERS_AT_ONCE = 32 * 1024;
const COMMENTS_AT_ONCE = 5_000;

/**
 * A DASH manifest whose addresses are all http, with a mark for https. The ffmpeg of 2018 does not apply its protocol
 * whitelist to addresses in a manifest, and opens everything that begins with "http", including its own protocol
 * `httpproxy`, which connects to the host in its address.
 * @throws {SourceError} for an address of another kind, or a manifest that hides what it names
 */
export async function fencedManifest(text: string): Promise<string> {
  const encoding = ENCODING.exec(text)?.[1]?.toLowerCase() ?? 'utf-8';
  const plain = await withoutComments(text.replace(/^\ufeff/, ''));
  if (HIDING.test(plain) || !READ_AS_THEY_STAND.includes(encoding)) {
    throw new SourceError('refused', 'The DASH manifest is written so that its addresses cannot be checked.');
  }
  const written: string[] = [];
  let at = 0;
  for (let colon = plain.indexOf('://'); colon >= 0; colon = plain.indexOf('://', colon + 3)) {
    const scheme = HTTP.exec(plain.slice(Math.max(0, colon - 8), colon))?.[1];
    if (scheme === undefined) {
      throw new SourceError('refused', 'The DASH manifest names an address that is neither http nor https.');
    }
    const begin = colon - scheme.length;
    if (begin - at < CHARACTERS_AT_ONCE) continue;
    // Between two addresses, so that each is marked as a whole.
    written.push(marked(plain.slice(at, begin)));
    at = begin;
    // A long manifest must not delay other streams.
    await setImmediate();
  }
  return written.concat(marked(plain.slice(at))).join('');
}

/** Comments and processing instructions split a text for us, but not for an XML parser. */
async function withoutComments(text: string): Promise<string> {
  const kept: string[] = [];
  const begins = /<!--|<\?/g;
  let at = 0;
  for (let found = begins.exec(text); found; found = begins.exec(text)) {
    const close = found[0] === '<?' ? '?>' : '-->';
    const end = text.indexOf(close, begins.lastIndex);
    // A comment without an end stays, and the manifest is refused.
    if (end < 0) break;
    kept.push(text.slice(at, found.index));
    at = end + close.length;
    begins.lastIndex = at;
    if (kept.length % COMMENTS_AT_ONCE === 0) await setImmediate();
  }
  return kept.concat(text.slice(at)).join('');
}
