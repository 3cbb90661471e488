import type { IncomingMessage } from 'node:http';

/** Enough to tell what a body is. */
const SNIFFED = 4_096;
/** Four hours of segments of 2 s with names of 100 bytes are 900 KB. */
export const LARGEST_PLAYLIST = 1024 * 1024;

export type BodyKind = 'hls' | 'dash' | 'media';

interface Body {
  readonly kind: BodyKind;
  /** The whole body, which can be read once. */
  readonly bytes: AsyncGenerator<Buffer>;
}

/**
 * What a body is, judged by its first bytes. It waits for enough of them, because a server chooses how its body is cut.
 */
export async function sniff(message: IncomingMessage): Promise<Body> {
  const pieces = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const begin: Buffer[] = [];
  for (let length = 0; length < SNIFFED; ) {
    const next = await pieces.next();
    if (next.done) break;
    begin.push(next.value);
    length += next.value.length;
  }
  return {
    kind: kindOf(Buffer.concat(begin).toString('latin1', 0, SNIFFED)),
    bytes: all(message, begin, pieces),
  };
}

async function* all(
  message: IncomingMessage,
  begin: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* begin;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    if (!message.readableEnded) message.destroy();
  }
}

/** RFC 8216 4.3.1.1: HLS begins like this, and nothing else does. ffmpeg recognises DASH by its element. */
function kindOf(begin: string): BodyKind {
  if (begin.startsWith('#EXTM3U')) return 'hls';
  return /^(?:\xef\xbb\xbf)?\s*</.test(begin) && /<MPD/i.test(begin) ? 'dash' : 'media';
}

/** @throws if it is cut off or too long. */
export async function wholePlaylist(bytes: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > LARGEST_PLAYLIST) throw new Error('the playlist is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
