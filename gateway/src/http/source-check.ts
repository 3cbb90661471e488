import { realpath, stat } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { CreateStreamRequest } from '@topicast/contracts/http';
import { ApiError } from './problem.js';

export interface SourceRules {
  readonly mediaDirectories: readonly string[];
  readonly allowPrivateUrls: boolean;
}

const PROTOCOLS = ['http:', 'https:', 'rtmp:', 'rtmps:', 'rtsp:', 'rtsps:', 'srt:'];

/**
 * Tell a streamer at once what the producer would refuse later. The producer checks again, and more (what a name
 * resolves to): it is the one who opens the source.
 * @throws {ApiError} 403 or 422
 */
export async function checkSource(source: CreateStreamRequest['source'], rules: SourceRules): Promise<void> {
  if (source.kind === 'url') checkUrl(source.url, rules.allowPrivateUrls);
  if (source.kind === 'file') await checkFile(source.path, rules.mediaDirectories);
}

function checkUrl(text: string, allowPrivate: boolean): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !PROTOCOLS.includes(url.protocol) || url.hostname === '') {
    const known = PROTOCOLS.map((protocol) => `${protocol}//`).join(', ');
    throw invalid('source.url', `must be an address that begins with one of ${known}`);
  }
  if (!allowPrivate && isPrivateHost(url.hostname.replace(/^\[(.*)\]$/, '$1'))) {
    throw new ApiError(
      403,
      'addresses in private networks are allowed by TOPICAST_ALLOW_PRIVATE_URLS=1 only',
    );
  }
}

/** A relative path is looked for below each media folder, as the producer does. */
async function checkFile(path: string, directories: readonly string[]): Promise<void> {
  if (path.includes('\0')) throw invalid('source.path', 'is no path');
  const outside = new ApiError(403, 'the file is not in a media folder: see TOPICAST_MEDIA_DIRS');
  const candidates = isAbsolute(path)
    ? [resolve(path)]
    : directories.map((directory) => join(directory, path));
  // By name first: whether a file outside exists is nobody's business.
  const named = candidates.filter((candidate) => isBelowAny(candidate, directories));
  if (named.length === 0) throw outside;
  const found = (await Promise.all(named.map(realPathOf))).filter((real) => real !== undefined);
  if (found.length === 0) throw noSuchFile();
  const roots = (await Promise.all(directories.map(realPathOf))).filter((root) => root !== undefined);
  const allowed = found.find((real) => isBelowAny(real, roots));
  if (allowed === undefined) throw outside;
  const isFile = (await stat(allowed).catch(() => undefined))?.isFile();
  if (!isFile) throw noSuchFile();
}

const realPathOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

const isBelowAny = (path: string, directories: readonly string[]): boolean =>
  directories.some((directory) => isBelow(path, directory));

function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '' && !isAbsolute(way) && way.split(/[/\\]/)[0] !== '..';
}

const invalid = (path: string, message: string): ApiError =>
  new ApiError(422, 'what was sent is not what is expected here', [{ path, message }]);

const noSuchFile = (): ApiError => invalid('source.path', 'there is no such file');

/** Ranges of RFC 6890 in which cameras, routers and this machine itself are. */
const privateRanges = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateRanges.addSubnet(net, prefix, 'ipv4');
}
privateRanges.addAddress('::', 'ipv6');
privateRanges.addAddress('::1', 'ipv6');
privateRanges.addSubnet('fc00::', 7, 'ipv6');
privateRanges.addSubnet('fe80::', 10, 'ipv6');

function isPrivateHost(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost');
  // An IPv4 address inside an IPv6 one (::ffff:127.0.0.1) is checked as the IPv4 one.
  return privateRanges.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
