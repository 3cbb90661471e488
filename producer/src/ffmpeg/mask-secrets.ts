/**
 * Mask user names, passwords and queries (keys, SRT passphrases) of addresses anywhere in a text. The time this takes
 * grows only with the length. @param isCut the text was longer: if an address is cut before it is clear what it shows,
 * none of it is shown
 */
export function maskSecrets(text: string, isCut = false): string {
  const words = text.split(/([\s'"]+)/);
  const last = words.length - 1;
  return words
    .map((word, index) => (word.includes('://') ? maskWord(word, isCut && index === last) : word))
    .join('');
}

function maskWord(word: string, isCut: boolean): string {
  const query = word.indexOf('?', word.indexOf('://'));
  const address = query < 0 ? word : word.slice(0, query);
  const [scheme = '', ...rest] = address.split('://');
  const parts = rest.map((part, index) => maskUser(part, isCut && query < 0 && index === rest.length - 1));
  return [scheme, ...parts].join('://') + (query < 0 ? '' : '?***');
}

/** `user:password@host/path`; the password may contain an "@" as well. */
function maskUser(part: string, isCut: boolean): string {
  const end = part.search(/[/#]/);
  const authority = end < 0 ? part : part.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at >= 0) return `***${part.slice(at)}`;
  return isCut && end < 0 ? '***' : part;
}
