import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from './csp';

const gateway = { http: 'https://gw.example/prefix', ws: 'wss://gw.example/prefix' };
const policy = (framedByAnyone: boolean) =>
  contentSecurityPolicy({ nonce: 'abc', gateway, framedByAnyone, development: false });

describe('the content security policy', () => {
  it('lets the browser reach the gateway by HTTP and WebSocket, and nothing else', () => {
    expect(policy(false)).toContain("connect-src 'self' https://gw.example wss://gw.example;");
  });

  it('names every gateway where there are several', () => {
    const others = [{ http: 'http://two.example:8080', ws: 'ws://two.example:8080' }];
    const several = {
      nonce: 'abc',
      gateway: { ...gateway, others },
      framedByAnyone: false,
      development: false,
    };
    expect(contentSecurityPolicy(several)).toContain(
      "connect-src 'self' https://gw.example wss://gw.example http://two.example:8080 ws://two.example:8080;",
    );
  });

  it('lets the camera page reach a producer too', () => {
    const input = { nonce: 'abc', gateway, framedByAnyone: false, development: false };
    expect(contentSecurityPolicy({ ...input, camera: 'wss://in.example/camera' })).toContain(
      "connect-src 'self' https://gw.example wss://gw.example wss://in.example;",
    );
  });

  it('lets only the embed page be framed by others', () => {
    expect(policy(true)).toMatch(/frame-ancestors \*$/);
    expect(policy(false)).toMatch(/frame-ancestors 'self'$/);
  });

  it('never allows evaluated or inline scripts in production', () => {
    const scripts = /script-src [^;]*/.exec(policy(false))?.[0];
    expect(scripts).toBe("script-src 'self' 'nonce-abc'");
  });
});
