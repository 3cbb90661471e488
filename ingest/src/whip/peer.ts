import { randomInt } from 'node:crypto';
import { Milliseconds } from '@topicast/contracts/units';
import type { Certificate } from './dtls/certificate.js';
import { DtlsLink, isDtls, type SrtpKeys } from './dtls/link.js';
import { isRtcp, isSrtp } from './rtp/packet.js';
import { Reception } from './rtp/reception.js';
import { ourSetup } from './sdp/answer.js';
import type { Choice } from './sdp/choice.js';
import type { Offer } from './sdp/offer.js';
import { SrtpReceiver } from './srtp/receiver.js';
import { SrtcpSender } from './srtp/sender.js';
import type { WhipMedia } from './transport.js';

const TICK_MS = 20;

export interface PeerOptions {
  readonly offer: Offer;
  readonly choice: Choice;
  readonly certificate: Certificate;
  readonly send: (packet: Uint8Array) => void;
  readonly onMedia: (media: WhipMedia) => void;
  /** The handshake has failed, for this reason; or the publisher said goodbye (undefined). */
  readonly onEnd: (why: string | undefined) => void;
  /** Something failed that should not. */
  readonly onFault: (error: unknown) => void;
}

/** One publisher behind its UDP packets: handshake, then media and what it is told. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #link: DtlsLink;
  readonly #reception: Reception;
  #opened: { readonly receiver: SrtpReceiver; readonly sender: SrtcpSender } | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #isReached = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    const { offer, choice, certificate, send, onMedia, onEnd } = options;
    this.#reception = new Reception(choice, randomInt(1, 2 ** 32), onMedia);
    this.#link = new DtlsLink({
      ...{ certificate, send, onEnd, fingerprint: offer.fingerprint },
      role: ourSetup(offer) === 'active' ? 'client' : 'server',
      onKeys: (keys) => this.#open(keys),
    });
  }

  /** Why there is no media yet, if that is known. */
  get problem(): string | undefined {
    return this.#link.problem;
  }

  /** A way to it is known. */
  reached(): void {
    if (this.#isReached) return;
    this.#isReached = true;
    this.#link.start();
  }

  push(packet: Uint8Array): void {
    if (isDtls(packet)) this.#link.push(packet);
    else if (isSrtp(packet)) this.#onMedia(packet);
  }

  close(): void {
    clearInterval(this.#ticking);
    this.#link.close();
  }

  #open({ local, remote }: SrtpKeys): void {
    this.#opened = { receiver: new SrtpReceiver(remote), sender: new SrtcpSender(local) };
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  #onMedia(packet: Uint8Array): void {
    const now = Milliseconds.now();
    if (isRtcp(packet)) {
      const compound = this.#opened?.receiver.rtcp(packet);
      if (compound) this.#reception.rtcp(compound, now);
      return;
    }
    const plain = this.#opened?.receiver.rtp(packet);
    if (plain) this.#reception.rtp(plain, now);
  }

  #tick(): void {
    try {
      const compound = this.#reception.tick(Milliseconds.now());
      if (compound && this.#opened) this.#options.send(this.#opened.sender.close(compound));
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}
