import { describe, expect, it } from 'vitest';
import { fencedManifest } from './dash-manifest.js';

const manifest = (base: string): string => `<MPD xmlns="urn:mpeg:dash"><BaseURL>${base}</BaseURL></MPD>`;

describe('fencedManifest', () => {
  it('marks addresses, and leaves out comments', async () => {
    const text = `\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- by hand -->${manifest('https://a/?b=http://c')}`;
    await expect(fencedManifest(text)).rejects.toThrow('neither http nor https');
    expect(await fencedManifest(text.replace('?b=http://c', ''))).toBe(manifest('http://_a/'));
    expect(await fencedManifest(manifest('HTTP://a/&amp;'))).toBe(manifest('HTTP://a/&amp;'));
    expect(await fencedManifest(manifest('sub/'))).toBe(manifest('sub/'));
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
  ])('refuses %j', async (base) => {
    await expect(fencedManifest(manifest(base))).rejects.toThrow('DASH');
  });

  it('refuses encodings in which other characters stand for an address', async () => {
    for (const encoding of ['UTF-7', 'utf-16', 'ebcdic-cp-us']) {
      await expect(
        fencedManifest(`<?xml version='1.0' encoding='${encoding}'?>${manifest('a')}`),
      ).rejects.toThrow('DASH');
    }
    await expect(fencedManifest(`<!DOCTYPE x [<!ENTITY a "b">]>${manifest('&a;')}`)).rejects.toThrow('DASH');
  });
});
