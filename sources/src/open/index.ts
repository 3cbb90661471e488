import type { JudgedSource } from '../judge.js';
import { protocolOf } from '../protocols.js';
import { bare } from '../source-url.js';
import { Gate } from './gate.js';
import { INTERNET, type Network } from './network.js';
import { WAYS } from './ways.js';

export { addressOf, dial } from './dial.js';
export type { Network } from './network.js';

/** How ffmpeg reaches a fenced source, and nothing else. */
export interface Fence {
  /** What it opens in place of the source's own address. */
  readonly url: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** The demuxers that it may use besides those of plain media. */
  readonly demuxers: readonly string[];
  /** Whether it may resume a lost connection in the middle. */
  readonly resumes: boolean;
  /** The whole environment of the process. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A source that ffmpeg can open any number of times until this is disposed. */
export interface OpenSource extends AsyncDisposable {
  /** Absent: ffmpeg opens the source by itself. */
  readonly fence: Fence | undefined;
  /** Aborted with a SourceError when the source led to a forbidden place; the caller must then end what runs on it. */
  readonly refused: AbortSignal;
  /** ffmpeg's last lines for the streamer, together with problems on the way to servers, which ffmpeg did not see. */
  readonly told: (lines: readonly string[]) => string[];
}

/**
 * Open a judged source. Behind a fence, we connect only to addresses that have passed the check, including those of
 * redirects and playlists.
 * @throws {SourceError} if its host cannot be found, or has a forbidden address.
 */
export async function openSource(
  source: JudgedSource,
  stopping: AbortSignal,
  network: Network = INTERNET,
): Promise<OpenSource> {
  const gate = new Gate(network);
  const { refused } = gate;
  if (source.kind !== 'url' || !source.fenced) {
    const told = (lines: readonly string[]): string[] => [...lines];
    return { fence: undefined, refused, told, [Symbol.asyncDispose]: async () => undefined };
  }
  const url = new URL(source.url);
  const { fenced, port, tls } = protocolOf(source.protocol);
  const target = { host: bare(url.hostname), port: Number(url.port || port), tls };
  // So that a problem shows before ffmpeg starts; each connection is judged again.
  const [address = ''] = await gate.addressesOf(target.host);
  const signal = AbortSignal.any([stopping, refused]);
  const { proxy, readable, server, ...way } = await WAYS[fenced]({ url, target, address, signal }, gate);
  return {
    fence: { ...way, environment: environment(proxy) },
    refused,
    told: (lines) => [...lines.map(readable), ...gate.lines],
    [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose](),
  };
}

/**
 * Without this process's proxies and without exceptions: even an empty `no_proxy` is an exception, for hosts that end
 * with a dot.
 */
function environment(proxy: string | undefined): NodeJS.ProcessEnv {
  const { http_proxy: _, no_proxy: __, ...rest } = process.env;
  return proxy === undefined ? rest : { ...rest, http_proxy: proxy };
}
