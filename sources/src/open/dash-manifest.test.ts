import { describe, expect, it } from 'vitest';
import { fencedManifest } from './dash-manifest.js';

const manifest = (base: string): string => `<MPD xmlns="urn:mpeg:dash"><BaseURL>${base}</BaseURL></MPD>`;

describe('fencedManifest', () => {
  it('marks addresses, and leaves out comments', () => {
    const text = `\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- by hand -->${manifest('https://a/?b=http://c')}`;
    expect(() => fencedManifest(text)).toThrow('neither http nor https');
    expect(fencedManifest(text.replace('?b=http://c', ''))).toBe(manifest('http://_a/'));
    expect(fencedManifest(manifest('HTTP://a/&amp;'))).toBe(manifest('HTTP://a/&amp;'));
    expect(fencedManifest(manifest('sub/'))).toBe(manifest('sub/'));
  });

  it.each([
    ...[
      'httpproxy://10.0.0.1/',
      'tcp://a:1',
      'http$RepresentationID$://10.0.0.1/',
      'h<!-- x -->ttpproxy://a/',
    ],
    ...[
      'http<?x?>proxy://a/',
      'crypto+http://a',
      'http&#58;//a',
      'http<![CDATA[proxy]]>://a/',
      'h\0ttp://a',
      '<!-- ',
    ],
  ])('refuses %j', (base) => {
    expect(() => fencedManifest(manifest(base))).toThrow('DASH');
  });

  it('refuses encodings in which other characters stand for an address', () => {
    for (const encoding of ['UTF-7', 'utf-16', 'ebcdic-cp-us']) {
      expect(() => fencedManifest(`<?xml version='1.0' encoding='${encoding}'?>${manifest('a')}`)).toThrow(
        'DASH',
      );
    }
    expect(() => fencedManifest(`<!DOCTYPE x [<!ENTITY a "b">]>${manifest('&a;')}`)).toThrow('DASH');
  });
});
