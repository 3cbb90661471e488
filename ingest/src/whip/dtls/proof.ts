import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { DtlsSocket } from 'werift';
import { fingerprintOf } from './certificate.js';

/** Handshake messages (RFC 5246 7.4). */
const MESSAGE = { serverKeyExchange: 12, certificateVerify: 15, clientKeyExchange: 16 } as const;
/** SHA-256 with RSA or ECDSA (RFC 5246 7.4.1.4.1): all that werift offers. */
const HASH_SHA256 = 4;

/**
 * Why the peer of this handshake is not the one whose certificate has this fingerprint; undefined if it is. werift
 * compares no signature: whoever stands in between could show the certificate of the peer, which is no secret, and
 * agree on a key of its own. So this checks that the key that was agreed on is signed with the certificate.
 */
export function whyNotProven(
  socket: DtlsSocket,
  role: 'server' | 'client',
  fingerprint: string,
): string | undefined {
  const { remoteCertificate } = socket;
  if (!remoteCertificate) return 'it has shown no certificate';
  const certificate = new X509Certificate(remoteCertificate);
  if (fingerprintOf(certificate) !== fingerprint.toUpperCase()) return 'its certificate is another one';
  const proof = role === 'server' ? proofOfClient(socket) : proofOfServer(socket);
  if (!proof) return 'its handshake is not complete';
  const usedKey = socket.cipher.remoteKeyPair.publicKey;
  if (!usedKey || !Buffer.from(usedKey).equals(proof.publicKey)) return 'its key was changed';
  const isSigned = verify('sha256', proof.signed, certificate.publicKey satisfies KeyObject, proof.signature);
  return isSigned ? undefined : 'its key is not signed with its certificate';
}

interface Proof {
  /** With which the secret was agreed on. */
  readonly publicKey: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** CertificateVerify signs all messages before it (RFC 5246 7.4.8), of which one has the key. */
function proofOfClient({ dtls }: DtlsSocket): Proof | undefined {
  const messages = dtls.sortedHandshakeCache;
  const at = messages.findIndex(({ msg_type }) => msg_type === MESSAGE.certificateVerify);
  const exchange = messages
    .slice(0, Math.max(0, at))
    .find(({ msg_type }) => msg_type === MESSAGE.clientKeyExchange);
  if (at < 0 || !exchange) return undefined;
  const signature = signatureIn(messages[at]!.fragment);
  // ClientKeyExchange: length 8 | key (RFC 8422 5.7).
  const publicKey = exchange.fragment.subarray(1, 1 + exchange.fragment[0]!);
  const signed = Buffer.concat(messages.slice(0, at).map((message) => message.serialize()));
  return signature && { publicKey, signed, signature };
}

/** ServerKeyExchange signs the two random numbers, and the key (RFC 8422 5.4): curve type 8, curve 16, length 8, key. */
function proofOfServer({ dtls, cipher }: DtlsSocket): Proof | undefined {
  const exchange = dtls.sortedHandshakeCache.find(({ msg_type }) => msg_type === MESSAGE.serverKeyExchange);
  if (!exchange || exchange.fragment.byteLength < 4) return undefined;
  const end = 4 + exchange.fragment[3]!;
  const signature = signatureIn(exchange.fragment.subarray(end));
  const randoms = [cipher.localRandom.serialize(), cipher.remoteRandom.serialize()];
  const signed = Buffer.concat([...randoms, exchange.fragment.subarray(0, end)]);
  return signature && { publicKey: exchange.fragment.subarray(4, end), signed, signature };
}

/** hash 8, kind 8 | length 16 | signature */
function signatureIn(field: Buffer): Uint8Array | undefined {
  if (field.byteLength < 4 || field[0] !== HASH_SHA256) return undefined;
  const end = 4 + field.readUInt16BE(2);
  return end <= field.byteLength ? field.subarray(4, end) : undefined;
}
