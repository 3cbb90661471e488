import type { Protocol } from '../protocols.js';
import { startFetchProxy } from './fetch-proxy.js';
import type { Gate, Target } from './gate.js';
import { unmarked } from './marked-url.js';
import { startRelay } from './relay.js';
import { rtmpTcUrl } from './rtmp-address.js';
import { startRtspTunnel } from './rtsp-tunnel.js';

/** What ffmpeg is told, so that it comes to an address by way of the gate. */
export interface Way {
  readonly url: string;
  /** Options in front of `-i`. */
  readonly options: readonly string[];
  /** The HTTP proxy for all its requests. */
  readonly proxy?: string;
  /** What ffmpeg says, with the addresses that the streamer knows. */
  readonly readable: (line: string) => string;
  /** What must stay open meanwhile. */
  readonly server?: AsyncDisposable;
}

export interface Wanted {
  readonly url: URL;
  readonly target: Target;
  /** One of the target's addresses, which was judged. */
  readonly address: string;
}

export const WAYS: Record<Protocol['fenced'], (wanted: Wanted, gate: Gate) => Promise<Way>> = {
  async fetch({ url, target }, gate) {
    const server = await startFetchProxy(gate);
    const host = target.tls ? url.hostname.replace(/^\[?/, '$&_') : url.hostname;
    return {
      url: `http://${rewritten(url, `${host}:${target.port}`)}`,
      options: [],
      readable: unmarked,
      proxy: server.url,
      server,
    };
  },
  async tunnel({ url, target }, gate) {
    const server = await startRtspTunnel(gate, target);
    return {
      url: `rtsp://${rewritten(url, `${url.hostname}:${target.port}`)}`,
      options: ['-rtsp_transport', 'http'],
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
      readable: (line) => line.replaceAll(near, url.host),
    };
  },
};

/** All behind the protocol, at another host and port. */
function rewritten(url: URL, host: string): string {
  const password = url.password === '' ? '' : `:${url.password}`;
  const user = url.username === '' && password === '' ? '' : `${url.username}${password}@`;
  return `${user}${host}${url.pathname}${url.search}${url.hash}`;
}
