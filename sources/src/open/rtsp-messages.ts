/**
 * What the two ends of an RTSP connection say to each other (RFC 2326 4, 10.12):
 *
 *     SETUP rtsp://… RTSP/1.0 CRLF headers CRLF CRLF body        a text, whose body has the announced length
 *     "$" channel(8) length(16) payload                          media, or reports about it
 */
export type RtspMessage =
  | { readonly kind: 'text'; readonly bytes: Buffer; readonly head: string }
  | { readonly kind: 'media'; readonly bytes: Buffer; readonly channel: number; readonly payload: Buffer };

const LONGEST_HEAD = 16_384;
/** Descriptions of streams have a few thousand bytes. */
const LONGEST_BODY = 262_144;
const DOLLAR = 0x24;
const MEDIA_HEAD = 4;

/** Takes the bytes of one direction as they come, and gives whole messages. */
export class RtspMessages {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws if this is no RTSP, or too long */
  push(bytes: Buffer): RtspMessage[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const messages: RtspMessage[] = [];
    for (let message = first(this.#rest); message; message = first(this.#rest)) {
      messages.push(message);
      this.#rest = this.#rest.subarray(message.bytes.length);
    }
    return messages;
  }

  /** The bytes of the message that is not whole yet. From then on, somebody else reads them. */
  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

function first(bytes: Buffer): RtspMessage | undefined {
  if (bytes[0] === DOLLAR) {
    const end = bytes.length < MEDIA_HEAD ? Number.POSITIVE_INFINITY : MEDIA_HEAD + bytes.readUInt16BE(2);
    if (bytes.length < end) return undefined;
    const whole = bytes.subarray(0, end);
    return { kind: 'media', bytes: whole, channel: whole[1]!, payload: whole.subarray(MEDIA_HEAD) };
  }
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd > LONGEST_HEAD || (headEnd < 0 && bytes.length > LONGEST_HEAD)) {
    throw new Error('the head of an RTSP message is too long');
  }
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const bodyLength = Number(headerOf(head, 'Content-Length') ?? 0);
  if (!(bodyLength >= 0 && bodyLength <= LONGEST_BODY)) throw new Error('an RTSP message is too long');
  const end = headEnd + 4 + bodyLength;
  return bytes.length < end ? undefined : { kind: 'text', bytes: bytes.subarray(0, end), head };
}

export const mediaMessage = (channel: number, payload: Buffer): Buffer => {
  const head = Buffer.from([DOLLAR, channel, 0, 0]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
};

export function headerOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((one) => isHeader(one, name));
  return line?.slice(name.length + 1).trim();
}

/** The same text with another value of a header that it has. */
export function withHeader(
  { bytes, head }: RtspMessage & { kind: 'text' },
  name: string,
  value: string,
): Buffer {
  const lines = head.split('\r\n').map((line) => (isHeader(line, name) ? `${name}: ${value}` : line));
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), bytes.subarray(head.length)]);
}

const isHeader = (line: string, name: string): boolean =>
  line.slice(0, name.length + 1).toLowerCase() === `${name.toLowerCase()}:`;
