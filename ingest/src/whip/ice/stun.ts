import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * Binding requests and their answers (RFC 8489 5, 14), as much of STUN as an agent needs that only answers (ICE lite,
 * RFC 8445 2.5):
 *
 *   00, type 14 | length 16 | magic cookie 32 | transaction 96 | attributes: type 16, length 16, value, padded to 32
 */
export interface BindingRequest {
  readonly transaction: Uint8Array;
  /** Of the one who is asked: what is before the colon of the user name (RFC 8445 7.2.2). */
  readonly askedFor: string;
  /** The one who asks has chosen this way. */
  readonly isNominating: boolean;
}

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 20;
const FINGERPRINT_MASK = 0x5354554e;
const FAMILY = { 4: 1, 6: 2 } as const;
const ATTRIBUTE = {
  username: 0x0006,
  integrity: 0x0008,
  xorMappedAddress: 0x0020,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
} as const;

/** STUN, DTLS and SRTP share a port, and differ in their first byte (RFC 7983 7). */
export const isStun = (packet: Uint8Array): boolean => packet.byteLength >= HEADER_BYTES && packet[0]! <= 3;

interface Attribute {
  readonly type: number;
  /** Of its header. */
  readonly at: number;
  readonly value: Uint8Array;
}

/** Undefined for everything else, and for what is damaged. Who sent it is not known before `isSignedWith` said so. */
export function readBindingRequest(packet: Uint8Array): BindingRequest | undefined {
  const attributes = signedOf(attributesOf(packet));
  const username = attributes?.find(({ type }) => type === ATTRIBUTE.username)?.value;
  if (!attributes || !username || viewOf(packet).getUint16(0) !== BINDING_REQUEST) return undefined;
  const [askedFor = ''] = Buffer.from(username).toString('latin1').split(':', 1);
  return {
    transaction: packet.subarray(8, HEADER_BYTES),
    askedFor,
    isNominating: attributes.some(({ type }) => type === ATTRIBUTE.useCandidate),
  };
}

/** Whether its sender knows the password (RFC 8489 14.5). */
export function isSignedWith(packet: Uint8Array, password: string): boolean {
  const found = attributesOf(packet)?.find(({ type }) => type === ATTRIBUTE.integrity);
  if (found?.value.byteLength !== INTEGRITY_BYTES) return false;
  return timingSafeEqual(signatureOf(packet.subarray(0, found.at), password), found.value);
}

/** The answer to a request: where it came from. */
export function bindingSuccess(
  transaction: Uint8Array,
  { address, port }: { readonly address: string; readonly port: number },
  password: string,
): Uint8Array {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(BINDING_SUCCESS, 0);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  head.set(transaction, 8);
  const plain = Buffer.concat([head, attribute(ATTRIBUTE.xorMappedAddress, mapped(head, address, port))]);
  const signed = Buffer.concat([plain, attribute(ATTRIBUTE.integrity, signatureOf(plain, password))]);
  const last = attribute(ATTRIBUTE.fingerprint, fingerprintOf(signed));
  return Buffer.concat([withLength(signed, last.byteLength), last]);
}

function attributesOf(packet: Uint8Array): Attribute[] | undefined {
  if (!isStun(packet)) return undefined;
  const view = viewOf(packet);
  const end = HEADER_BYTES + view.getUint16(2);
  if (view.getUint32(4) !== MAGIC_COOKIE || end !== packet.byteLength) return undefined;
  const found: Attribute[] = [];
  let at = HEADER_BYTES;
  while (at + 4 <= end) {
    const [type, length] = [view.getUint16(at), view.getUint16(at + 2)];
    if (at + 4 + length > end) return undefined;
    found.push({ type, at, value: packet.subarray(at + 4, at + 4 + length) });
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return found;
}

/** What is behind the signature may be from anybody (RFC 8489 14.5). */
function signedOf(attributes: readonly Attribute[] | undefined): readonly Attribute[] | undefined {
  const end = attributes?.findIndex(({ type }) => type === ATTRIBUTE.integrity) ?? -1;
  return end < 0 ? attributes : attributes!.slice(0, end);
}

/** Of a message that ends with the attribute for it, although that is not there yet: the length counts it. */
const signatureOf = (before: Uint8Array, password: string): Buffer =>
  createHmac('sha1', password)
    .update(withLength(before, 4 + INTEGRITY_BYTES))
    .digest();

function fingerprintOf(before: Uint8Array): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE((crc32(withLength(before, 8)) ^ FINGERPRINT_MASK) >>> 0);
  return value;
}

function withLength(before: Uint8Array, more: number): Buffer {
  const message = Buffer.from(before);
  message.writeUInt16BE(before.byteLength - HEADER_BYTES + more, 2);
  return message;
}

function attribute(type: number, value: Uint8Array): Buffer {
  const out = Buffer.alloc(4 + value.byteLength + ((4 - (value.byteLength % 4)) % 4));
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(value.byteLength, 2);
  out.set(value, 4);
  return out;
}

/** 0, family 8 | port 16 | address, of which port and address are XORed with the cookie and the transaction (14.2). */
function mapped(head: Uint8Array, address: string, port: number): Buffer {
  const bytes = addressBytes(address);
  const mask = head.subarray(4, HEADER_BYTES);
  const out = Buffer.alloc(4 + bytes.length);
  out[1] = bytes.length === 4 ? FAMILY[4] : FAMILY[6];
  out.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  out.set(
    bytes.map((byte, i) => byte ^ mask[i]!),
    4,
  );
  return out;
}

/** Of an address as the system writes it. */
function addressBytes(address: string): number[] {
  const plain = address.split('%')[0]!.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain.split('.').map(Number);
  const [before = '', after] = plain.split('::');
  const groupsOf = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')];
  const zeros = Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]);
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
