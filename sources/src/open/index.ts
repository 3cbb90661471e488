import type { JudgedSource } from '../judge.js';
import { protocolOf } from '../protocols.js';
import { bare } from '../source-url.js';
import { Gate } from './gate.js';
import { INTERNET, type Network } from './network.js';
import { WAYS } from './ways.js';

export type { Network } from './network.js';

/** How ffmpeg reaches a fenced source, and nothing else. */
export interface Fence {
  /** What it opens in place of the source's own address. */
  readonly url: string;
  /** Options in front of `-i`. */
  readonly options: readonly string[];
  /** The whole environment of the process. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A source that ffmpeg can open as often as it likes until this is disposed. */
export interface OpenSource extends AsyncDisposable {
  /** Absent: ffmpeg opens the source by itself. */
  readonly fence: Fence | undefined;
  /** Aborted with a SourceError when the source led to what it may not lead to; what runs on it is to be ended. */
  readonly refused: AbortSignal;
  /** ffmpeg's last lines for the streamer, with what it did not see: what went wrong on the way to servers. */
  readonly told: (lines: readonly string[]) => string[];
}

/**
 * Open a judged source. Behind a fence, the address that passed the check is the one connected to, for redirects and
 * whatever playlists name too.
 * @throws {SourceError} if its host cannot be found, or is not where it may be.
 */
export async function openSource(source: JudgedSource, network: Network = INTERNET): Promise<OpenSource> {
  const gate = new Gate(network);
  const { refused } = gate;
  if (source.kind !== 'url' || !source.fenced) {
    const told = (lines: readonly string[]): string[] => [...lines];
    return { fence: undefined, refused, told, [Symbol.asyncDispose]: async () => undefined };
  }
  const url = new URL(source.url);
  const { fenced, port, tls } = protocolOf(source.protocol);
  const target = { host: bare(url.hostname), port: Number(url.port || port), tls };
  // So that this is told before ffmpeg starts; each connection is judged again.
  const [address = ''] = await gate.addressesOf(target.host);
  const way = await WAYS[fenced]({ url, target, address }, gate);
  return {
    fence: { url: way.url, options: way.options, environment: environment(way.proxy) },
    refused,
    told: (lines) => [...lines.map(way.readable), ...gate.lines],
    [Symbol.asyncDispose]: async () => way.server?.[Symbol.asyncDispose](),
  };
}

/** Without the proxies of this process, and without exceptions: even an empty `no_proxy` is one, for hosts with a dot at the end. */
function environment(proxy: string | undefined): NodeJS.ProcessEnv {
  const { http_proxy: _, no_proxy: __, ...rest } = process.env;
  return proxy === undefined ? rest : { ...rest, http_proxy: proxy };
}
