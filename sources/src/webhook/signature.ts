import { createHmac } from 'node:crypto';

/** What a receiver needs to know that a message is ours: Standard Webhooks 1.0. */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

const PREFIX = 'whsec_';
const LEAST_CHARACTERS = 16;
const LEAST_BYTES = 16;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The key of the signature: the bytes of the secret, or, in the spelling of Standard Webhooks (`whsec_` and base64),
 * those that it encodes. Undefined if it is too short to keep anybody out.
 */
export function keyOf(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return secret.length < LEAST_CHARACTERS ? undefined : Buffer.from(secret);
  const encoded = secret.slice(PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  return BASE64.test(encoded) && key.byteLength >= LEAST_BYTES ? key : undefined;
}

/** @param seconds when this attempt is made, since the epoch: receivers refuse what is old, so that nobody replays it */
export function signedHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  key: Uint8Array,
  seconds: number,
): SignedHeaders {
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  };
}
