import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { expect, it } from 'vitest';
import { isPublicAddress, isPublicHost } from './address.js';
import { judgeSource } from './judge.js';
import { fencedManifest } from './open/dash-manifest.js';
import { fencedPlaylist } from './open/hls-playlist.js';
import { marked, readProxyRequest, unmarked } from './open/marked-url.js';
import { bare, canonicalHost } from './source-url.js';

/** No row and no request has a longer address. */
const asAddress = (text: string): string => text.slice(0, 4_096);

it('no address, playlist or request of ffmpeg keeps the event loop', () => {
  const rules = { trusted: false, mediaDirs: ['/media'], allowPrivateUrls: false, resolve: async () => [] };
  const judgeUrl = (url: string) => judgeSource({ kind: 'url', url }, rules).catch(() => undefined);
  const readers = {
    address: judgeUrl,
    'host of an address': (text: string) => judgeUrl(`http://${asAddress(text)}/`),
    'options of an address': (text: string) => judgeUrl(`srt://a:1?${text}`),
    path: (text: string) => judgeSource({ kind: 'file', path: text }, rules).catch(() => undefined),
    'resolved address': isPublicAddress,
    'name of a host': (text: string) => isPublicHost(bare(text)),
    'spelling of a host': (text: string) => canonicalHost(asAddress(text)),
    'request of ffmpeg': readProxyRequest,
    'path that ffmpeg asks for': (text: string) => readProxyRequest(`http://a:80/${text}`),
    'marked addresses': (text: string) => unmarked(marked(text)),
    playlist: (text: string) => fencedPlaylist(text, 'http://a/').catch(() => undefined),
    'tag of a playlist': (text: string) =>
      fencedPlaylist(`#EXT-X-KEY:${text}`, 'http://a/').catch(() => undefined),
    manifest: (text: string) => fencedManifest(text).catch(() => undefined),
  };
  expect(slowReaders(readers)).toEqual([]);
});
