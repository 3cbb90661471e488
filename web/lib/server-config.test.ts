import { describe, expect, it } from 'vitest';
import { readServerConfig } from './server-config';

describe('the web server’s settings', () => {
  it('have defaults, and an empty variable counts as absent', () => {
    const config = readServerConfig({ TOPICAST_GATEWAY_URL: '', TOPICAST_GATEWAY_PORT: '' });
    expect(config).toEqual({
      internal: { http: 'http://127.0.0.1:8080', ws: 'ws://127.0.0.1:8080' },
      shared: undefined,
      port: 8080,
      camera: { kind: 'port', port: 1936 },
    });
  });

  it('name the variable that cannot be used', () => {
    const reading = (environment: Record<string, string>) => () => readServerConfig(environment);
    expect(reading({ TOPICAST_GATEWAY_PORT: 'eighty' })).toThrow(
      /^TOPICAST_GATEWAY_PORT: must be a port number/,
    );
    expect(reading({ TOPICAST_PUBLIC_GATEWAY_URL: 'ftp://x' })).toThrow(
      /^TOPICAST_PUBLIC_GATEWAY_URL: must be/,
    );
    expect(reading({ TOPICAST_PUBLIC_GATEWAY_URL: 'http://a,b' })).toThrow(/separate several with commas/);
    expect(reading({ TOPICAST_PUBLIC_CAMERA_URL: 'https://x' })).toThrow(
      /^TOPICAST_PUBLIC_CAMERA_URL: must be/,
    );
    expect(reading({ TOPICAST_CAMERA_PORT: 'front' })).toThrow(/^TOPICAST_CAMERA_PORT: must be/);
    expect(reading({ TOPICAST_GATEWAY_URL: 'gateway:8080' })).toThrow(/^TOPICAST_GATEWAY_URL: must be/);
  });
});
