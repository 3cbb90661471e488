import type { SourceProtocol } from '../protocols.js';
import { SourceError } from '../source-error.js';
import type { BodyKind } from './body.js';
import { startFetchProxy } from './fetch-proxy.js';
import type { Gate, Target } from './gate.js';
import { unmarked } from './marked-url.js';
import { startRelay } from './relay.js';
import { rtmpTcUrl } from './rtmp-address.js';
import { startRtspTunnel } from './rtsp-tunnel.js';
import { sourceKind } from './source-kind.js';

/** What we tell ffmpeg so that it reaches an address through the gate. */
interface Way {
  readonly url: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** The demuxers that ffmpeg may use besides those of plain media; these open addresses that they find. */
  readonly demuxers: readonly string[];
  /** Whether ffmpeg may resume a lost connection in the middle. */
  readonly resumes: boolean;
  /** The HTTP proxy for all its requests. */
  readonly proxy?: string;
  /** ffmpeg's lines, with the addresses that the streamer knows. */
  readonly readable: (line: string) => string;
  /** What must stay open in the meantime. */
  readonly server?: AsyncDisposable;
}

interface Wanted {
  readonly url: URL;
  readonly target: Target;
  /** One of the target's addresses, which was judged. */
  readonly address: string;
  /** Aborts when nobody waits for the connection any longer. */
  readonly signal: AbortSignal;
}

/** DASH opens only http addresses, and neither of the two opens the other's kind. */
const DEMUXERS: Record<BodyKind, readonly string[]> = { hls: ['hls'], dash: ['dash'], media: ['mpjpeg'] };

export const WAYS: Record<SourceProtocol['fenced'], (wanted: Wanted, gate: Gate) => Promise<Way>> = {
  async fetch({ url, target, signal }, gate) {
    const server = await startFetchProxy(gate);
    const host = target.tls ? url.hostname.replace(/^\[?/, '$&_') : url.hostname;
    const place = `${host}:${target.port}${url.pathname}${url.search}`;
    try {
      const kind = await sourceKind({ place, user: url }, server.url, signal);
      server.expect(`http://${place}`, kind);
      return {
        url: `http://${userOf(url)}${place}`,
        options: [],
        demuxers: DEMUXERS[kind],
        // Otherwise the rest of a playlist would arrive unchecked.
        resumes: kind === 'media',
        readable: unmarked,
        proxy: server.url,
        server,
      };
    } catch (error) {
      await server[Symbol.asyncDispose]();
      gate.refused.throwIfAborted();
      throw new SourceError('unreachable', 'The server does not answer, or closes the connection.', {
        cause: error,
      });
    }
  },
  async tunnel({ url, target }, gate) {
    const server = await startRtspTunnel(gate, target);
    return {
      url: `rtsp://${rewritten(url, `${url.hostname}:${target.port}`)}`,
      // ffmpeg expects no disorder here, but what comes by UDP at the server's end may have it.
      options: ['-rtsp_transport', 'http', '-reorder_queue_size', '16'],
      demuxers: ['rtsp'],
      resumes: false,
      readable: (line) => line,
      proxy: server.url,
      server,
    };
  },
  async relay({ url, target }, gate) {
    const server = await startRelay(gate, target);
    const near = `127.0.0.1:${server.port}`;
    return {
      url: `rtmp://${rewritten(url, near)}`,
      options: ['-rtmp_tcurl', rtmpTcUrl(url)],
      demuxers: [],
      resumes: false,
      readable: (line) => line.replaceAll(near, url.host),
      server,
    };
  },
  async pin({ url, address }) {
    const host = address.includes(':') ? `[${address}]` : address;
    const near = `${host}:${url.port}`;
    return {
      url: `${url.protocol}//${rewritten(url, near)}`,
      options: [],
      demuxers: [],
      resumes: false,
      readable: (line) => line.replaceAll(near, url.host),
    };
  },
};

/** Everything after the protocol, at another host and port. */
const rewritten = (url: URL, host: string): string =>
  `${userOf(url)}${host}${url.pathname}${url.search}${url.hash}`;

function userOf({ username, password }: URL): string {
  if (username === '' && password === '') return '';
  return `${username}${password === '' ? '' : `:${password}`}@`;
}
