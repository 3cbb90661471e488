import { createCipheriv } from 'node:crypto';

/** SRTP_AES128_CM_HMAC_SHA1_80, which everybody who speaks WebRTC has (RFC 8827 6.5). */
export const KEY_BYTES = 16;
export const SALT_BYTES = 14;
export const TAG_BYTES = 10;
const AUTHENTICATION_BYTES = 20;

/** What the two ends have agreed on in their handshake (RFC 5764 4.2), for one direction. */
export interface MasterKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export interface SessionKeys {
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
  readonly salt: Uint8Array;
}

/** The label of the first of the three keys (RFC 3711 4.3.1, 4.3.2). */
const LABEL = { rtp: 0, rtcp: 3 } as const;

export function sessionKeys(master: MasterKey, use: keyof typeof LABEL): SessionKeys {
  const first = LABEL[use];
  return {
    encryption: derived(master, first, KEY_BYTES),
    authentication: derived(master, first + 1, AUTHENTICATION_BYTES),
    salt: derived(master, first + 2, SALT_BYTES),
  };
}

/** The key stream for the label, XORed into the salt (RFC 3711 4.3.1, without a derivation rate). */
function derived({ key, salt }: MasterKey, label: number, size: number): Uint8Array {
  const counter = Buffer.alloc(16);
  counter.set(salt);
  counter[7]! ^= label;
  return createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(size));
}

/** Where the key stream of a packet begins (RFC 3711 4.1.1): salt, SSRC and the packet's index, XORed. */
export function counterOf(salt: Uint8Array, ssrc: number, index: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.set(salt);
  counter.writeUInt32BE((counter.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  counter.writeUInt16BE(counter.readUInt16BE(8) ^ Math.floor(index / 2 ** 32), 8);
  counter.writeUInt32BE((counter.readUInt32BE(10) ^ (index % 2 ** 32)) >>> 0, 10);
  return counter;
}
