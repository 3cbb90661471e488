import { describe, expect, it } from 'vitest';
import { marked, readProxyRequest } from './marked-url.js';

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

it('marks every address in a text, and keeps the rest', () => {
  const text = 'https://a/b?c=https://d HTTPS://[::1]/x http://plain/ https:/';
  expect(marked(text)).toBe('http://_a/b?c=http://_d http://[_::1]/x http://plain/ https:/');
});
