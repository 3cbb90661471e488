import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@topicast/contracts/config';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';
import { operatorToken } from './access/operator-token.js';
import { readGatewayConfig } from './config.js';

describe('the configuration', () => {
  it('has safe defaults', () => {
    expect(readGatewayConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      token: undefined,
      mediaDirectories: [],
      allowedOrigins: ['http://127.0.0.1:3000', 'http://localhost:3000'],
      allowPrivateUrls: false,
      drain: 0,
    });
    expect(readGatewayConfig({ KAFKA_BROKERS: 'kafka:9092' }).drain).toBe(10_000);
  });

  it('takes the web where it is for the own origin', () => {
    const config = readGatewayConfig({
      TOPICAST_HOST: '10.1.2.3',
      TOPICAST_WEB_PORT: '80',
      TOPICAST_TOKEN: 'a-token-of-16-letters',
    });
    expect(config.allowedOrigins).toEqual(['http://127.0.0.1', 'http://localhost', 'http://10.1.2.3']);
  });

  it.each([
    [{ TOPICAST_HOST: '0.0.0.0' }, /TOPICAST_TOKEN: must be set to listen on 0\.0\.0\.0/],
    [{ TOPICAST_GATEWAY_PORT: '99999' }, /^TOPICAST_GATEWAY_PORT: must be a port number from 0 to 65535$/],
    [{ TOPICAST_GATEWAY_WORKERS: '0' }, /^TOPICAST_GATEWAY_WORKERS: must be a whole number from 1 to 256$/],
    [{ TOPICAST_GATEWAY_WORKERS: '1.5' }, /^TOPICAST_GATEWAY_WORKERS: must be a whole number from 1 to 256$/],
    [{ TOPICAST_MAX_VIEWERS: '0' }, /^TOPICAST_MAX_VIEWERS: must be a whole number of at least 1$/],
    [{ TOPICAST_DRAIN_SECONDS: '-1' }, /^TOPICAST_DRAIN_SECONDS: must be a number from 0 to 3600$/],
    [{ TOPICAST_ALLOWED_ORIGINS: 'studio' }, /TOPICAST_ALLOWED_ORIGINS: "studio"/],
    [{ TOPICAST_VIEWER_SECRET: 'short' }, /TOPICAST_VIEWER_SECRET/],
  ])('refuses %o in one line', (environment, message) => {
    expect(() => readGatewayConfig(environment)).toThrow(ConfigError);
    expect(() => readGatewayConfig(environment)).toThrow(message);
  });
});

it('makes the operator token once, for its owner only', async () => {
  using folder = temporaryFolder();
  const config = readGatewayConfig({ TOPICAST_DATA_DIR: join(folder.path, 'data') });
  const [one, other] = await Promise.all([operatorToken(config), operatorToken(config)]);
  const path = join(folder.path, 'data', 'operator-token');
  expect(one.length).toBeGreaterThanOrEqual(32);
  expect(other).toBe(one);
  expect((await readFile(path, 'utf8')).trim()).toBe(one);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await operatorToken({ ...config, token: 'given' })).toBe('given');
});
