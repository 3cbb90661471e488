import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatewayAddress, gatewayAddresses, gatewayBesideRequest, liveUrl } from './gateway-address';

const beside = (host: string | null, forwardedProto: string | null = null) =>
  gatewayBesideRequest({ host, forwardedProto }, 8080).http;

describe('the gateway address', () => {
  it('follows the scheme to the WebSocket and keeps a path prefix', () => {
    expect(gatewayAddress('https://tv.example/gw/')).toEqual({
      http: 'https://tv.example/gw',
      ws: 'wss://tv.example/gw',
    });
    expect(liveUrl(gatewayAddress('http://127.0.0.1:8080'), 'demo')).toBe('ws://127.0.0.1:8080/live/demo');
  });

  it('may be several: the player gets them all', () => {
    const gateways = gatewayAddresses('https://one.example, https://two.example/gw/,');
    expect(gateways.http).toBe('https://one.example');
    expect(liveUrl(gateways, 'demo')).toBe('wss://one.example/live/demo wss://two.example/gw/live/demo');
    expect(() => gatewayAddresses(' , ')).toThrow(TypeError);
    expect(() => gatewayAddresses('https://one.example, two')).toThrow(TypeError);
  });

  it('refuses other schemes', () => {
    expect(() => gatewayAddress('javascript:alert(1)')).toThrow(TypeError);
    expect(() => gatewayAddress('127.0.0.1')).toThrow(TypeError);
  });

  it('is beside the page when nobody set it', () => {
    expect(beside('studio.local:3000')).toBe('http://studio.local:8080');
    expect(beside('[::1]:3000')).toBe('http://[::1]:8080');
    expect(beside('tv.example', 'https')).toBe('https://tv.example:8080');
    expect(beside(null)).toBe('http://127.0.0.1:8080');
  });

  it('lets nothing but a hostname through, whatever the Host header says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('a;script-src *', "x' y", 'a@b', 'a/b')), (host) => {
        expect(beside(host)).toMatch(/^http:\/\/[\w.:[\]-]+:8080$/);
      }),
    );
  });
});
