import type { Source } from '@topicast/contracts/http';
import { isPublicAddress, type Resolve, resolveHost } from './address.js';
import { mediaFile, trustedFile } from './media-file.js';
import { SourceError } from './source-error.js';

export const URL_PROTOCOLS = ['http', 'https', 'rtmp', 'rtmps', 'rtsp', 'rtsps', 'srt'] as const;
export type UrlProtocol = (typeof URL_PROTOCOLS)[number];

/** A source that has passed every check: its strings may become arguments of ffmpeg. */
export type CheckedSource =
  | { readonly kind: 'test' }
  | { readonly kind: 'file'; readonly path: string; readonly copy: boolean }
  | { readonly kind: 'url'; readonly url: string; readonly protocol: UrlProtocol; readonly copy: boolean }
  | { readonly kind: 'device'; readonly path: string };

export interface SourceRules {
  /** Named on this producer's command line: any file, address or device. */
  readonly trusted: boolean;
  readonly mediaDirs: readonly string[];
  readonly allowPrivateUrls: boolean;
  readonly resolve?: Resolve;
}

/**
 * The one place where what users wrote is judged. Addresses are those of the moment: a name that changes afterwards, a
 * redirect or a playlist can still lead elsewhere, so who lets strangers name URLs fences the producer's network too.
 * @throws {SourceError} with the reason, for the streamer.
 */
export async function checkSource(source: Source, rules: SourceRules): Promise<CheckedSource> {
  switch (source.kind) {
    case 'test':
      return { kind: 'test' };
    case 'file': {
      const path = rules.trusted ? trustedFile(source.path) : mediaFile(source.path, rules.mediaDirs);
      return { kind: 'file', path: await path, copy: source.copy ?? false };
    }
    case 'url':
      return { ...(await checkUrl(source.url, rules)), copy: source.copy ?? false };
    case 'device':
      if (!rules.trusted) {
        throw new SourceError(
          'refused',
          "A capture device can only be named on the producer's command line.",
        );
      }
      return { kind: 'device', path: source.path };
    case 'topic':
      throw new SourceError(
        'refused',
        'This stream is written by somebody else: there is nothing to encode.',
      );
  }
}

/** `srt://:9000?mode=listener`, as ffmpeg's documentation writes it, is no URL for anybody else. */
const ANY_SRT_ADDRESS = /^srt:\/\/(?=:\d)/i;

async function checkUrl(text: string, rules: SourceRules): Promise<CheckedSource & { kind: 'url' }> {
  const address = text.replace(ANY_SRT_ADDRESS, 'srt://0.0.0.0');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const protocol = URL_PROTOCOLS.find((known) => `${known}:` === url?.protocol);
  if (!url || !protocol) {
    throw new SourceError('refused', `The address must begin with ${URL_PROTOCOLS.join('://, ')}://.`);
  }
  if (!url.hostname) throw new SourceError('refused', 'The address names no host.');
  if (!rules.trusted && !rules.allowPrivateUrls) await checkHost(url.hostname, rules.resolve ?? resolveHost);
  // The parsed address and not the text: what was checked is what ffmpeg reads.
  return { kind: 'url', url: url.href, protocol, copy: false };
}

async function checkHost(hostname: string, resolve: Resolve): Promise<void> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await resolve(host).catch((cause: unknown) => {
    throw new SourceError('unreachable', `The host "${host}" cannot be found.`, { cause });
  });
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
    throw new SourceError(
      'refused',
      'The address is in a private network or on this machine; TOPICAST_ALLOW_PRIVATE_URLS=1 allows that.',
    );
  }
}
