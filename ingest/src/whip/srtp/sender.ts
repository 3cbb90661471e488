import { createCipheriv, createHmac } from 'node:crypto';
import { counterOf, type MasterKey, type SessionKeys, sessionKeys, TAG_BYTES } from './keys.js';

const HEADER_BYTES = 8;
const ENCRYPTED = 0x8000_0000;

/** Closes the RTCP that we send (RFC 3711 3.4). Of RTP we send nothing. */
export class SrtcpSender {
  readonly #keys: SessionKeys;
  #index = 0;

  constructor(master: MasterKey) {
    this.#keys = sessionKeys(master, 'rtcp');
  }

  close(packet: Uint8Array): Uint8Array {
    const index = this.#index++;
    const ssrc = new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint32(4);
    const counter = counterOf(this.#keys.salt, ssrc, index);
    const encrypted = createCipheriv('aes-128-ctr', this.#keys.encryption, counter).update(
      packet.subarray(HEADER_BYTES),
    );
    const word = Buffer.alloc(4);
    word.writeUInt32BE(ENCRYPTED + index);
    const signed = Buffer.concat([packet.subarray(0, HEADER_BYTES), encrypted, word]);
    const signature = createHmac('sha1', this.#keys.authentication).update(signed).digest();
    return Buffer.concat([signed, signature.subarray(0, TAG_BYTES)]);
  }
}
