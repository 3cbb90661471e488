import { isStreamId, type StreamId } from './stream-id.js';

/**
 * What is typed into an encoder: `<stream id>.<secret>`. One text says where the media belongs, and that its sender may
 * send it. Whoever has it can put pictures on air, so only a hash of the secret is kept, and it is never logged. The
 * secret is random and long, so a plain SHA-256 tells nothing about it.
 */
export interface StreamKey {
  readonly stream: StreamId;
  readonly secret: string;
}

const SECRET_BYTES = 24;
/** Far more than ours; what is longer is not looked at. */
const MAX_KEY_LENGTH = 256;

/** Common to browsers and Node.js, but not declared by any library that this package is compiled with. */
declare const crypto: {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array;
  readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer> };
};
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** 192 bits, in hexadecimal digits: nobody has to ask which letters they are. */
export const newSecret = (): string => hex(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));

/** What the row keeps of it: SHA-256, 64 hexadecimal digits. */
export const hashOfSecret = async (secret: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))));

const PASSPHRASE_DIGITS = 32;

/**
 * With what an encoder shows by SRT that it may send: 128 bits. SRT needs the passphrase itself at both ends, so it follows
 * from what the row keeps of the secret; a new key is a new passphrase.
 */
export const srtPassphrase = async (hash: string): Promise<string> =>
  (await hashOfSecret(`srt:${hash}`)).slice(0, PASSPHRASE_DIGITS);

export const streamKey = ({ stream, secret }: StreamKey): string => `${stream}.${secret}`;

/** Undefined if it cannot be one. */
export function parseStreamKey(text: string): StreamKey | undefined {
  const dot = text.indexOf('.');
  const [stream, secret] = [text.slice(0, dot), text.slice(dot + 1)];
  if (dot < 0 || text.length > MAX_KEY_LENGTH || !isStreamId(stream) || secret === '') return undefined;
  return { stream, secret };
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
