import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  MediaStreamTrack,
  type RTCCertificate,
  RTCPeerConnection,
  type RTCRtpCodecParameters,
  RtpPacket,
  useH264,
  useNACK,
  useOPUS,
  usePLI,
} from 'werift';
import { SECRET, STREAM } from './reception.js';

const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';
const KEY = `${STREAM}.${SECRET}`;

interface WhipClientOptions {
  readonly key?: string;
  /** Of packets that it sends, lost on the way. */
  readonly lossPercent?: number;
  /** Changes what is sent, and nothing else. */
  readonly rewrite?: (offer: string) => string;
  /** Its handshake shows this one instead of its own. */
  readonly certificate?: RTCCertificate;
  readonly video?: RTCRtpCodecParameters;
}

/** An encoder by werift, which has another stack than we have, but for the handshake. */
export class WhipClient implements AsyncDisposable {
  readonly #connection: RTCPeerConnection;
  readonly #tracks = { video: newTrack('video'), audio: newTrack('audio') };
  readonly #sockets: Socket[] = [];
  /** Of the session. */
  location = '';

  private constructor(options: WhipClientOptions) {
    const video = options.video ?? useH264({ rtcpFeedback: [useNACK(), usePLI()] });
    this.#connection = new RTCPeerConnection({
      codecs: { video: [video], audio: [useOPUS()] },
      ...{ iceServers: [], iceUseIpv6: false, iceAdditionalHostAddresses: ['127.0.0.1'] },
      bundlePolicy: 'max-bundle',
      // What it calls loss is what comes through.
      debug: { ...(options.lossPercent && { outboundPacketLoss: 100 - options.lossPercent }) },
    });
    for (const track of Object.values(this.#tracks))
      this.#connection.addTransceiver(track, { direction: 'sendonly' });
    // Otherwise it waits for a server on the internet that may not be there.
    for (const { connection } of this.#connection.iceTransports) connection.stunServer = undefined;
  }

  static async publish(port: number, options: WhipClientOptions = {}): Promise<WhipClient> {
    const client = new WhipClient(options);
    const connection = client.#connection;
    await connection.setLocalDescription(await connection.createOffer());
    const own = connection.localDescription!.sdp;
    const response = await postOffer(port, (options.rewrite ?? ((sdp) => sdp))(own), options.key);
    const body = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${body}`);
    client.location = `http://127.0.0.1:${port}${response.headers.get('location')}`;
    const { certificate } = options;
    if (certificate)
      for (const transport of connection.dtlsTransports) transport.localCertificate = certificate;
    await connection.setRemoteDescription({ type: 'answer', sdp: body });
    return client;
  }

  get state(): string {
    return this.#connection.dtlsTransports[0]?.state ?? 'new';
  }

  /** Sends this film as ffmpeg cuts it into packets. Resolves when all is sent. @param pace of its time; 1 is live */
  async send(film: string, pace = 1): Promise<void> {
    const ports = await Promise.all([this.#from('video'), this.#from('audio')]);
    const [video, audio] = ports.map((port) => `rtp://127.0.0.1:${port}?pkt_size=1200`);
    const args = `-v error -nostdin -readrate ${pace} -i ${film} -map 0:v -c copy -bsf:v h264_mp4toannexb -f rtp ${video} -map 0:a -c copy -f rtp ${audio}`;
    const ffmpeg = spawn(FFMPEG, args.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(ffmpeg, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#connection.close();
  }

  async #from(kind: 'video' | 'audio'): Promise<number> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    this.#sockets.push(socket);
    socket.on('message', (packet) => {
      // RTCP is the next port's.
      this.#tracks[kind].writeRtp(RtpPacket.deSerialize(packet));
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  }
}

const newTrack = (kind: 'video' | 'audio'): MediaStreamTrack => new MediaStreamTrack({ kind });

export const postOffer = (port: number, offer: string, key = KEY): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/whip`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${key}` },
    body: offer,
  });
