import { randomBytes, randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStreamKey, type StreamKey } from '@topicast/contracts/ingest-key';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ConnectionEnd } from '../door/connection-end.js';
import type { Welcome } from '../door/entrance.js';
import { Publisher } from '../door/publisher.js';
import type { Refusal, Seat } from '../doorkeeper.js';
import { answer, answerProblem, bodyOf } from './http-answer.js';
import type { Peer } from './peer.js';
import type { Peers } from './peers.js';
import { ourSetup, writeAnswer } from './sdp/answer.js';
import { type Choice, choose } from './sdp/choice.js';
import { type Offer, readOffer } from './sdp/offer.js';
import { type WhipMedia, WhipTransport } from './transport.js';
import type { Guest, UdpPort } from './udp-port.js';

export const ENDPOINT = '/whip';
/** Browsers offer some 8 KB. */
const MOST_OFFER_BYTES = 64 * 1024;
const PATIENCE = milliseconds(10_000);
const LOOK_EVERY_MS = 1_000;
/** How long whoever has a wrong key waits for the answer. */
const WRONG_KEY_MS = 1_000;
/** A small packet takes as much time as one of this size. */
const LEAST_PACKET_BYTES = 1_000;
const WRAP = 2 ** 32;
const TICKS_PER_MS = 90;

const REFUSALS: Record<Refusal, { readonly status: number; readonly words: string }> = {
  unauthorized: {
    status: 401,
    words:
      'This stream key is not valid: copy it again from the studio, or renew it there. It is the bearer token.',
  },
  busy: { status: 409, words: 'Another encoder is sending to this stream.' },
  stopped: { status: 403, words: 'The stream is stopped: start it in the studio.' },
  forbidden: {
    status: 403,
    words: 'The operator of this server does not allow this stream at present: ask them.',
  },
  unavailable: { status: 503, words: 'The server cannot take the stream at the moment: try again.' },
};

interface ConnectionOptions extends Welcome {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly peers: () => Promise<Peers>;
  readonly udp: UdpPort;
  readonly udpPort: number;
  /** Where our UDP port can be reached by whoever reached us at this address. */
  readonly addressesFor: (local: string) => readonly string[];
  readonly patience?: Milliseconds;
}

/** One publisher by WebRTC, from its offer (RFC 9725) to its last packet. */
export class WhipConnection implements Guest {
  /** What ends it, to whoever was told. */
  readonly id = randomBytes(16).toString('hex');
  readonly ice = { fragment: randomBytes(6).toString('hex'), password: randomBytes(18).toString('hex') };
  readonly #options: ConnectionOptions;
  readonly #patience: Milliseconds;
  readonly #ended = new AbortController();
  #end: ConnectionEnd | undefined;
  #fault: { readonly error: unknown } | undefined;
  #publisher: Publisher<WhipMedia> | undefined;
  #peer: Peer | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Resolves when it is gone, and its seat is free. Rejects then for a fault of ours. */
  async run(): Promise<ConnectionEnd> {
    const { request, response, signal, udp } = this.#options;
    const stop = (): void => {
      // Whoever is still at the door is not waited for.
      if (!response.headersSent) response.once('finish', () => request.destroy());
      answerProblem(response, 503, 'The server is ending: try again.', { 'retry-after': '2' });
      this.finish({ why: 'gone' });
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const refused = await this.#begin();
      if (refused) return refused;
      await until(this.#ended.signal);
      if (this.#fault) throw this.#fault.error;
      return this.#end!;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ended.abort();
      this.#peer?.close();
      udp.leave(this);
      // Only one that was refused, or is not answered any more.
      if (!response.writableEnded) request.destroy();
      const end = this.#end ?? { why: 'gone' };
      if (end.why === 'finished' || end.why === 'gone' || end.why === 'cut') this.#publisher?.seat.leave(end);
    }
  }

  /** The first reason counts. */
  finish(end: ConnectionEnd): void {
    this.#end ??= end;
    this.#ended.abort();
  }

  /** A fault of ours ends this publisher, and nobody else. */
  fail(error: unknown): void {
    this.#fault ??= { error };
    this.finish({ why: 'gone' });
  }

  reached(): void {
    this.#peer?.reached();
  }

  push(packet: Uint8Array): void {
    const size = Math.max(LEAST_PACKET_BYTES, packet.byteLength);
    this.#cutIf(this.#publisher?.receive(size));
    if (!this.#end) this.#peer?.push(packet);
  }

  /** @returns how it ended, if it was not let in */
  async #begin(): Promise<ConnectionEnd | undefined> {
    const { request, response, doorkeeper, onRefused, onAdmitted } = this.#options;
    const broken = (status: number, problem: string): ConnectionEnd => {
      answerProblem(response, status, problem);
      return { why: 'broken', problem };
    };
    if (!/^application\/sdp\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      return broken(415, 'Send an offer as application/sdp.');
    const text = await bodyOf(request, MOST_OFFER_BYTES);
    if (text === undefined) return broken(413, 'The offer is too long, or did not come in time.');
    const offer = readOffer(text);
    if (typeof offer === 'string') return broken(400, offer);
    const choice = choose(offer);
    if (typeof choice === 'string') return broken(406, choice);

    const shown = keyOf(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const seat = shown ? await doorkeeper.admit(shown, gone.signal) : 'unauthorized';
    if (typeof seat === 'string') {
      onRefused(seat);
      // Whoever guesses has to wait, and there is room for few who wait.
      if (seat === 'unauthorized')
        await sleep(WRONG_KEY_MS, undefined, { signal: gone.signal }).catch(() => undefined);
      const { status, words } = REFUSALS[seat];
      const headers = {
        ...(status === 401 && { 'www-authenticate': 'Bearer' }),
        ...(status === 503 && { 'retry-after': '2' }),
      };
      answerProblem(response, status, words, headers);
      return { why: 'refused' };
    }
    this.#publisher = new Publisher<WhipMedia>(seat, (onBytes) => new WhipTransport(onBytes, choice));
    onAdmitted();
    const peers = await this.#options.peers();
    if (gone.signal.aborted) this.finish({ why: 'gone' });
    this.#welcome(offer, choice, seat, peers);
    return undefined;
  }

  #welcome(offer: Offer, choice: Choice, { dismissed }: Seat, peers: Peers): void {
    const { request, response, udp, udpPort, addressesFor } = this.#options;
    const dismiss = (): void => this.finish({ why: 'gone' });
    if (dismissed.aborted || this.#end) {
      answerProblem(response, REFUSALS.unavailable.status, REFUSALS.unavailable.words);
      dismiss();
      return;
    }
    dismissed.addEventListener('abort', dismiss, { once: true, signal: this.#ended.signal });
    this.#peer = peers.open({
      ...{ offer, choice },
      send: (packet) => udp.send(this, packet),
      onMedia: (media) => this.#onMedia(media),
      onEnd: (why) => this.#onPeerEnd(why),
      onFault: (error) => this.fail(error),
    });
    udp.enter(this);
    const watch = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#ended.signal.addEventListener('abort', () => clearInterval(watch), { once: true });
    const body = writeAnswer(offer, choice, {
      ...{ ice: this.ice, fingerprint: peers.fingerprint, setup: ourSetup(offer), port: udpPort },
      addresses: addressesFor(request.socket.localAddress ?? ''),
      sessionId: randomInt(2 ** 47),
    });
    const location = `${ENDPOINT}/session/${this.id}`;
    answer(response, { status: 201, headers: { 'content-type': 'application/sdp', location }, body });
  }

  #onMedia(media: WhipMedia): void {
    const publisher = this.#publisher!;
    if (this.#end) return;
    this.#cutIf(publisher.count());
    const time = media.kind === 'lost picture' ? undefined : Math.floor(media.time / TICKS_PER_MS) % WRAP;
    this.#cutIf(publisher.take(media, time));
  }

  #onPeerEnd(why: string | undefined): void {
    if (why === undefined) this.finish({ why: 'finished' });
    else this.#cutIf(noAgreement(why));
  }

  #whyNothingCame(): string {
    const problem = this.#peer?.problem;
    if (problem !== undefined) return noAgreement(problem);
    return `The encoder was let in, but neither picture nor sound came for ten seconds: its network, or ours, may not let UDP to port ${this.#options.udpPort} pass.`;
  }

  #look(): void {
    const { lastMedia, hasMedia, seat } = this.#publisher!;
    const ofSeat = hasMedia ? seat.patience : undefined;
    if (Milliseconds.sub(Milliseconds.now(), lastMedia) < (ofSeat ?? this.#patience)) return;
    if (hasMedia) this.finish({ why: 'gone' });
    else this.#cutIf(this.#whyNothingCame());
  }

  #cutIf(problem: string | undefined): void {
    if (problem !== undefined) this.finish({ why: 'cut', problem });
  }
}

const noAgreement = (why: string): string =>
  `The encoder could not agree with the server on an encrypted connection (${why}): try again, or use another encoder.`;

/** The bearer token; a stream that the path names has to be the key's own. */
function keyOf({ headers, url = '' }: IncomingMessage): StreamKey | undefined {
  const shown = headers.authorization ?? '';
  if (!/^bearer /i.test(shown)) return undefined;
  const key = parseStreamKey(shown.slice('bearer '.length).trim());
  const named = pathOf(url).slice(ENDPOINT.length + 1);
  return key && (named === '' || named === key.stream) ? key : undefined;
}

export const pathOf = (url: string): string => url.split('?', 1)[0]!;

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
