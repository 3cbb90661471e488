import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLiveRequest } from './live-request.js';

describe('an upgrade request', () => {
  it('names stream, rendition, place, protocol and token', () => {
    expect(parseLiveRequest('/live/demo', undefined)).toEqual({
      kind: 'watch',
      stream: 'demo',
      rendition: 0,
      destination: 'live',
      protocol: 'raw',
      economy: false,
      offers: false,
      token: undefined,
    });
    const token = Buffer.from('a.b.c').toString('base64url');
    const offered = `topicast.v1, topicast.token.${token}`;
    expect(parseLiveRequest('/live/demo?rendition=2&after=3.17.4.1&economy=1&offers=1', offered)).toEqual({
      kind: 'watch',
      stream: 'demo',
      rendition: 3,
      destination: { rendition: 3, session: 17, offset: 4, part: 1 },
      protocol: 'v1',
      economy: true,
      offers: true,
      token: 'a.b.c',
    });
    expect(parseLiveRequest('/live/demo?token=t', 'mqtt')).toMatchObject({ protocol: 'raw', token: 't' });
  });

  it.each([
    ['/', 404],
    ['/live', 404],
    ['/live/', 404],
    ['/live/a/b', 404],
    ['/live/UPPER', 400],
    ['/live/..%2f', 400],
    [`/live/${'x'.repeat(64)}`, 400],
  ])('to %s is refused with %i', (target, status) => {
    expect(parseLiveRequest(target, undefined)).toMatchObject({ kind: 'refuse', status });
  });

  it.each([
    '?rendition=-1',
    '?rendition=1e3',
    '?rendition=64',
    '?rendition=100',
    '?economy=yes',
    '?after=',
    '?after=1.2',
    '?after=0.1.2.99999',
  ])('with %s is a bad message', (query) => {
    expect(parseLiveRequest(`/live/demo${query}`, undefined).kind).toBe('reject');
  });

  it('never makes it throw', () => {
    const target = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `/live/${rest}`),
      fc.string().map((rest) => `/live/demo?${rest}`),
    );
    fc.assert(
      fc.property(target, fc.option(fc.string(), { nil: undefined }), (url, offered) => {
        expect(['refuse', 'reject', 'watch']).toContain(parseLiveRequest(url, offered).kind);
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 2_000) },
    );
  });
});
