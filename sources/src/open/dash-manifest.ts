import { SourceError } from '../source-error.js';
import { marked } from './marked-url.js';

/** Makes a parser read other characters than the text has; and parts of comments that must not remain. */
const HIDING = /<!|<\?|&#|\0/;
const ENCODING = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/i;
const READ_AS_THEY_STAND = ['utf-8', 'us-ascii', 'ascii', 'iso-8859-1'];
/** Before "://", at the beginning of an attribute, a text or a word. */
const HTTP = /(?:^|[\s"'>])https?$/i;

/**
 * A DASH manifest whose addresses are all http, with a mark for https. The ffmpeg of 2018 does not apply its protocol
 * whitelist to addresses in a manifest, and opens everything that begins with "http", including its own protocol
 * `httpproxy`, which connects to the host in its address.
 * @throws {SourceError} for an address of another kind, or a manifest that hides what it names
 */
export function fencedManifest(text: string): string {
  const encoding = ENCODING.exec(text)?.[1]?.toLowerCase() ?? 'utf-8';
  const plain = withoutComments(text.replace(/^\ufeff/, ''));
  if (HIDING.test(plain) || !READ_AS_THEY_STAND.includes(encoding)) {
    throw new SourceError('refused', 'The DASH manifest is written so that its addresses cannot be checked.');
  }
  const parts = plain.split('://');
  if (!parts.slice(0, -1).every((part) => HTTP.test(part.slice(-8)))) {
    throw new SourceError('refused', 'The DASH manifest names an address that is neither http nor https.');
  }
  return marked(plain);
}

/** Comments and processing instructions split a text for us, but not for an XML parser. */
function withoutComments(text: string): string {
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
  }
  return kept.concat(text.slice(at)).join('');
}
