import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlaylist, MarkPlaylist, marked, readProxyRequest } from './marked-url.js';

describe('readProxyRequest', () => {
  it.each([
    ['http://a.example:80/x?y=1', { host: 'a.example', port: 80, tls: false, path: '/x?y=1' }],
    ['http://a.example', { host: 'a.example', port: 80, tls: false, path: '/' }],
    ['http://[2606:2800::1]:8080/', { host: '2606:2800::1', port: 8080, tls: false, path: '/' }],
    ['http://_a.example:80/', { host: 'a.example', port: 443, tls: true, path: '/' }],
    ['http://_a.example:8443/', { host: 'a.example', port: 8443, tls: true, path: '/' }],
    ['http://_2606:2800::1:443/', { host: '2606:2800::1', port: 443, tls: true, path: '/' }],
    ['http://0x7f.1:80/', { host: '127.0.0.1', port: 80, tls: false, path: '/' }],
    ['http://a/?to=http://_b/', { host: 'a', port: 80, tls: false, path: '/?to=https://b/' }],
  ])('reads %s', (text, request) => {
    expect(readProxyRequest(text)).toEqual(request);
  });

  it.each([
    '/x',
    'https://a/',
    'http://',
    'http://a:99999/',
    'http://a@b/',
    'http://a b/',
    'http://a%00/',
    'ftp://a/',
  ])('takes %s for no address', (text) => {
    expect(readProxyRequest(text)).toBeUndefined();
  });
});

describe('MarkPlaylist', () => {
  it('marks addresses wherever the pieces of a playlist end, and keeps its length', async () => {
    const text = '#EXTM3U\nhttps://a/b?c=https://d\nHTTPS://[::1]/x\nhttp://plain/\nhtt\u00ff https:/';
    const whole = marked(text);
    expect(whole).toBe('#EXTM3U\nhttp://_a/b?c=http://_d\nhttp://[_::1]/x\nhttp://plain/\nhtt\u00ff https:/');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 12 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, i) => Buffer.from(text.slice(at[i], end), 'latin1'));
        const passed = await buffer(Readable.from(pieces).pipe(new MarkPlaylist()));
        expect(passed.toString('latin1')).toBe(whole);
      }),
    );
  });

  it('is for playlists only', () => {
    for (const begin of ['#EXTM3U\n', '\ufeff#EXTM3U', '<?xml', '\n<MPD']) {
      expect(isPlaylist(undefined, Buffer.from(begin))).toBe(true);
    }
    expect(isPlaylist('application/vnd.apple.mpegurl', Buffer.from('x'))).toBe(true);
    expect(isPlaylist('video/mp4', Buffer.from('\0\0\0\x18ftyp'))).toBe(false);
  });
});
