import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { headerOf, mediaMessage, type RtspMessage, RtspMessages, withHeader } from './rtsp-messages.js';
import { openUdpPair, type UdpPair } from './udp-pair.js';

/** How long a server that has said that it sends may send nothing. */
const FIRST_PACKET_MS = 5_000;
/** What ffmpeg does not take for as long as this is worth is too old to be shown. */
const MOST_HELD_BYTES = 8_000_000;

type Text = RtspMessage & { readonly kind: 'text' };

/**
 * Some servers send media by UDP only, and refuse to send it inside of the RTSP connection (status 461). ffmpeg has no
 * other way through the tunnel. So we ask such a server for UDP in ffmpeg's place, and pass on what comes as if it had
 * come inside of the connection:
 *
 *     ffmpeg                      here                                      server
 *       SETUP interleaved=0-1  ->   SETUP interleaved=0-1                ->
 *                                                                        <-   461
 *                                   SETUP client_port=50000-50001        ->
 *       200 interleaved=0-1    <-   200 client_port=…;server_port=…      <-
 *       $ channel 0            <-   packets of the connection's own peer <-
 *
 * Nobody but that peer, which the gate has judged, is listened to or spoken to, whatever its answers name. If it takes
 * the first request, nothing is changed.
 */
export class RtspUdp implements Disposable {
  readonly requests = new Through((bytes) => this.#fromClient(bytes));
  readonly answers = new Through((bytes) => this.#fromServer(bytes));
  readonly #far: Socket;
  readonly #note: (problem: string) => void;
  readonly #reading = { requests: new RtspMessages(), answers: new RtspMessages() };
  #way: 'unknown' | 'inside' | 'udp' = 'unknown';
  /** The request for a track that has no answer yet. */
  #wanted: { readonly text: Text; readonly channel: number } | undefined;
  /** By the channel that ffmpeg knows. */
  readonly #pairs = new Map<number, UdpPair>();
  #waiting: NodeJS.Timeout | undefined;
  #hasLost = false;
  #isClosed = false;

  /** @param note takes a problem that the streamer should know */
  constructor(far: Socket, note: (problem: string) => void) {
    this.#far = far;
    this.#note = note;
  }

  async #fromClient(bytes: Buffer): Promise<Buffer[]> {
    if (this.#way === 'inside') return [this.#reading.requests.takeRest(), bytes];
    const passed: Buffer[] = [];
    for (const message of this.#reading.requests.push(bytes)) {
      if (message.kind === 'media') this.#pairs.get(message.channel & ~1)?.report(message.payload);
      else passed.push(message.head.startsWith('SETUP ') ? await this.#setUp(message) : message.bytes);
    }
    return passed;
  }

  async #setUp(text: Text): Promise<Buffer> {
    const channel = Number(/interleaved=(\d{1,3})/.exec(headerOf(text.head, 'Transport') ?? '')?.[1] ?? 0);
    this.#wanted = { text, channel };
    return this.#way === 'udp' ? this.#byUdp(text, channel) : text.bytes;
  }

  async #fromServer(bytes: Buffer): Promise<Buffer[]> {
    if (this.#way === 'inside') return [this.#reading.answers.takeRest(), bytes];
    const passed: Buffer[] = [];
    for (const message of this.#reading.answers.push(bytes)) {
      const answer = message.kind === 'text' ? await this.#answered(message) : message.bytes;
      if (answer) passed.push(answer);
    }
    return passed;
  }

  /** @returns what ffmpeg is told; undefined: nothing yet */
  async #answered(text: Text): Promise<Buffer | undefined> {
    const wanted = this.#wanted;
    const status = /^RTSP\/1\.\d (\d{3})/.exec(text.head)?.[1];
    if (!wanted || status === undefined) return text.bytes;
    if (headerOf(text.head, 'CSeq') !== headerOf(wanted.text.head, 'CSeq')) return text.bytes;
    if (status === '461' && this.#way === 'unknown') {
      this.#way = 'udp';
      this.#far.write(await this.#byUdp(wanted.text, wanted.channel));
      return undefined;
    }
    this.#wanted = undefined;
    if (status !== '200') return text.bytes;
    if (this.#way === 'unknown') this.#way = 'inside';
    if (this.#way === 'inside') return text.bytes;
    const ports = /server_port=(\d{1,5})(?:-(\d{1,5}))?/.exec(headerOf(text.head, 'Transport') ?? '');
    const media = Number(ports?.[1]);
    const reports = Number(ports?.[2] ?? media + 1);
    if (isPort(media) && isPort(reports)) this.#pairs.get(wanted.channel)?.greet([media, reports]);
    this.#waiting ??= setTimeout(() => this.#note('no media has come by UDP'), FIRST_PACKET_MS);
    const { channel } = wanted;
    return withHeader(text, 'Transport', `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`);
  }

  /** The same request for media by UDP; its digest (RFC 2617 3.2.2) does not cover this header. */
  async #byUdp(text: Text, channel: number): Promise<Buffer> {
    const pair = this.#pairs.get(channel) ?? (await this.#open(channel));
    return withHeader(text, 'Transport', `RTP/AVP;unicast;client_port=${pair.port}-${pair.port + 1}`);
  }

  async #open(channel: number): Promise<UdpPair> {
    const { localAddress: own = '', remoteAddress: peer = '' } = this.#far;
    const pair = await openUdpPair({ own, peer }, (payload, kind) => {
      clearTimeout(this.#waiting);
      if (this.#isClosed) return;
      if (this.answers.readableLength > MOST_HELD_BYTES) this.#lose();
      else this.answers.push(mediaMessage(kind === 'media' ? channel : channel + 1, payload));
    });
    this.#pairs.set(channel, pair);
    if (this.#isClosed) pair[Symbol.dispose]();
    return pair;
  }

  #lose(): void {
    if (!this.#hasLost) this.#note('media came faster by UDP than it could be encoded, and some was dropped');
    this.#hasLost = true;
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#waiting);
    for (const pair of this.#pairs.values()) pair[Symbol.dispose]();
  }
}

const isPort = (port: number): boolean => port > 0 && port < 65_536;

/** Each chunk becomes others. */
class Through extends Transform {
  readonly #change: (bytes: Buffer) => Promise<Buffer[]>;

  constructor(change: (bytes: Buffer) => Promise<Buffer[]>) {
    super();
    this.#change = change;
  }

  override _transform(bytes: Buffer, _encoding: unknown, done: (error?: Error) => void): void {
    this.#change(bytes).then(
      (changed) => {
        for (const one of changed) if (one.length > 0) this.push(one);
        done();
      },
      (error: Error) => done(error),
    );
  }
}
