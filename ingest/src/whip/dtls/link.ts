import { DtlsClient, DtlsServer, type DtlsSocket, ProtectionProfileAes128CmHmacSha1_80 } from 'werift';
import { KEY_BYTES, type MasterKey, SALT_BYTES } from '../srtp/keys.js';
import type { Certificate } from './certificate.js';
import { whyNotProven } from './proof.js';

/** A handshake has some 4 KB, and what is lost is sent again. Beyond that, a peer wastes our time. */
const MOST_BYTES = 128 * 1024;
/** A certificate has some 2 KB. werift takes the memory that a message promises: 16 MB, if it says so. */
const MOST_MESSAGE_BYTES = 32 * 1024;
const MESSAGE_HEADER_BYTES = 12;
const RECORD_HEADER_BYTES = 13;
/** Content types (RFC 5246 6.2.1). */
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const VERSION_1_2 = 0xfefd;
/** Beyond the numbers of all records of a handshake. */
const FAREWELL_NUMBER = 1_000;
/** warning, close_notify (RFC 5246 7.2.1). */
const CLOSE_NOTIFY = Buffer.of(1, 0);
/** werift repeats what was not answered until a later flight has begun. */
const NO_MORE_FLIGHTS = 99;

/** DTLS packets begin with 20 to 63 (RFC 7983 7). */
export const isDtls = (packet: Uint8Array): boolean => packet[0]! >= 20 && packet[0]! <= 63;

export interface SrtpKeys {
  readonly local: MasterKey;
  readonly remote: MasterKey;
}

interface LinkOptions {
  readonly certificate: Certificate;
  /** Ours. */
  readonly role: 'server' | 'client';
  /** Of the peer's certificate, as it described itself. */
  readonly fingerprint: string;
  readonly send: (packet: Uint8Array) => void;
  /** The peer is certain, and these are the keys. */
  readonly onKeys: (keys: SrtpKeys) => void;
  /** The peer said goodbye (undefined), or could not prove who it is. Called once. */
  readonly onEnd: (why: string | undefined) => void;
}

/** The handshake with a peer that agrees on the keys of SRTP (RFC 5764), by werift. */
export class DtlsLink {
  readonly #options: LinkOptions;
  readonly #socket: DtlsSocket;
  readonly #transport: {
    onData: (data: Buffer, from: readonly [string, number]) => void;
  };
  #received = 0;
  #isProven = false;
  #problem: string | undefined;
  #isOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { certificate, role } = options;
    const transport = {
      ...{ type: 'udp', closed: false, address: { address: '', family: 'IPv4', port: 0 } },
      onData: () => undefined,
      send: async (data: Buffer) => {
        if (!this.#isOver) options.send(data);
      },
      close: async () => undefined,
    };
    this.#transport = transport;
    const settings = {
      ...{ transport, cert: certificate.certPem, key: certificate.keyPem },
      signatureHash: certificate.signatureHash,
      srtpProfiles: [ProtectionProfileAes128CmHmacSha1_80],
      // As the client, werift would wait for a request of the server's, which need not come.
      ...{ extendedMasterSecret: true, certificateRequest: role === 'server' },
    };
    this.#socket = role === 'server' ? new DtlsServer(settings) : new DtlsClient(settings);
    this.#socket.onConnect.subscribe(() => this.#onConnect());
    this.#socket.onError.subscribe((error) => this.#noteError(error));
  }

  /** As the client, we begin. */
  start(): void {
    if (!(this.#socket instanceof DtlsClient)) return;
    this.#socket.connect().catch((error: unknown) => this.#noteError(error));
  }

  /** What went wrong last, while there are no keys. */
  get problem(): string | undefined {
    return this.#isProven ? undefined : this.#problem;
  }

  push(packet: Uint8Array): void {
    for (const record of recordsOf(packet)) {
      if (this.#isOver) return;
      if (record[0] === ALERT) this.#onAlert(record);
      else if (this.#isForHandshake(record)) this.#shakeHands(record);
    }
  }

  /** Tell the peer, and end. */
  close(): void {
    if (this.#isOver) return;
    if (this.#isProven) this.#options.send(this.#farewell());
    this.#isOver = true;
    this.#socket.dtls.flight = NO_MORE_FLIGHTS;
  }

  /**
   * werift begins a new handshake whenever somebody says hello, and ends at what it does not know. So it gets nothing
   * else than a handshake, and after that only what is encrypted: the rest may be from anybody.
   */
  #isForHandshake(record: Uint8Array): boolean {
    if (record[0] === CHANGE_CIPHER_SPEC) return !this.#isProven;
    if (record[0] !== HANDSHAKE || (this.#isProven && !isEncrypted(record))) return false;
    const messages = isEncrypted(record) ? this.#decrypted(record) : record.subarray(RECORD_HEADER_BYTES);
    return messages !== undefined && !promiseTooMuch(messages);
  }

  #shakeHands(record: Uint8Array): void {
    this.#received += record.byteLength;
    if (this.#received > MOST_BYTES) return;
    try {
      this.#transport.onData(Buffer.from(record), ['', 0]);
    } catch {
      // A damaged packet is a lost one: anybody can send it.
    }
  }

  /** By us, because werift believes alerts that are not encrypted. */
  #onAlert(record: Uint8Array): void {
    if (!this.#isProven) {
      // It may be from anybody, so it ends nothing.
      const description = record[RECORD_HEADER_BYTES + 1];
      if (!isEncrypted(record) && description)
        this.#problem = `it refused, with the TLS alert ${description}`;
      return;
    }
    const alert = isEncrypted(record) && this.#decrypted(record);
    // After any other one that counts, it is silent.
    if (alert && CLOSE_NOTIFY.equals(alert)) this.#end(undefined);
  }

  /** Undefined if it is not from the peer. */
  #decrypted(record: Uint8Array): Buffer | undefined {
    const { cipher, sessionType } = this.#socket;
    const header = Buffer.from(record.subarray(0, RECORD_HEADER_BYTES));
    const facts = {
      ...{ type: header[0]!, version: header.readUInt16BE(1), epoch: header.readUInt16BE(3) },
      sequenceNumber: header.readUIntBE(5, 6),
    };
    try {
      return cipher.cipher.decrypt(sessionType, Buffer.from(record.subarray(RECORD_HEADER_BYTES)), facts);
    } catch {
      return undefined;
    }
  }

  #onConnect(): void {
    if (this.#isProven || this.#isOver) return;
    const { role, fingerprint, onKeys } = this.#options;
    const problem = whyNotProven(this.#socket, role, fingerprint) ?? whyNoKeys(this.#socket);
    if (problem !== undefined) {
      this.#end(problem);
      return;
    }
    this.#isProven = true;
    const { localKey, localSalt, remoteKey, remoteSalt } = this.#socket.extractSessionKeys(
      KEY_BYTES,
      SALT_BYTES,
    );
    onKeys({ local: { key: localKey, salt: localSalt }, remote: { key: remoteKey, salt: remoteSalt } });
  }

  /** No end: a packet may be lost, or of somebody else, and is sent again. */
  #noteError(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error);
  }

  #end(why: string | undefined): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onEnd(why);
  }

  /** A record that werift has no words for (RFC 6347 4.1): type 8 | version 16 | epoch 16 | number 48 | length 16. */
  #farewell(): Uint8Array {
    const { cipher, sessionType } = this.#socket;
    const facts = { type: ALERT, version: VERSION_1_2, epoch: 1, sequenceNumber: FAREWELL_NUMBER };
    const encrypted = cipher.cipher.encrypt(sessionType, CLOSE_NOTIFY, facts);
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    header[0] = ALERT;
    header.writeUInt16BE(VERSION_1_2, 1);
    header.writeUInt16BE(facts.epoch, 3);
    header.writeUIntBE(FAREWELL_NUMBER, 5, 6);
    header.writeUInt16BE(encrypted.byteLength, 11);
    return Buffer.concat([header, encrypted]);
  }
}

const whyNoKeys = ({ srtp }: DtlsSocket): string | undefined =>
  srtp.srtpProfile === ProtectionProfileAes128CmHmacSha1_80
    ? undefined
    : 'it does not encrypt media as WebRTC does';

/** The whole ones of a packet. */
function recordsOf(packet: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= packet.byteLength; ) {
    const end = at + RECORD_HEADER_BYTES + packet[at + 11]! * 256 + packet[at + 12]!;
    if (end > packet.byteLength) break;
    records.push(packet.subarray(at, end));
    at = end;
  }
  return records;
}

/** What says so may still not be: whoever opens it finds out. */
const isEncrypted = (record: Uint8Array): boolean => record[3]! + record[4]! > 0;

/** Messages of a handshake: type 8 | length 24 | number 16 | offset 24, length 24 of the part | part (RFC 6347 4.2.2). */
function promiseTooMuch(messages: Uint8Array): boolean {
  const bytes = Buffer.from(messages);
  for (let at = 0; at + MESSAGE_HEADER_BYTES <= bytes.byteLength; ) {
    if (bytes.readUIntBE(at + 1, 3) > MOST_MESSAGE_BYTES) return true;
    at += MESSAGE_HEADER_BYTES + bytes.readUIntBE(at + 9, 3);
  }
  return false;
}
