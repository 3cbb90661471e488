import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '@topicast/contracts/config';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, describe, expect, it } from 'vitest';
import { readKafkaConfig } from './config.js';

const KAFKA_BROKERS = 'one:9092,two:9092';
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function file(name: string, text: string): string {
  const at = path.join(folder.path, name);
  writeFileSync(at, text);
  return at;
}

function complaint(environment: Record<string, string>): string {
  try {
    readKafkaConfig({ KAFKA_BROKERS, ...environment });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('it was accepted');
}

describe('the settings of the Kafka log', () => {
  it('are plain by default', () => {
    expect(readKafkaConfig({ KAFKA_BROKERS })).toEqual({
      brokers: ['one:9092', 'two:9092'],
      security: {},
      topicPrefix: '',
      maxMessageBytes: 8 * 1024 * 1024,
      compression: 'none',
    });
  });

  it('name a login, TLS, and what topics are like', () => {
    const sasl = {
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: 's3cret',
    };
    const topics = {
      KAFKA_TOPIC_PREFIX: 'team-a.',
      TOPICAST_KAFKA_REPLICATION: '3',
      TOPICAST_KAFKA_SEGMENT_MB: '64',
      TOPICAST_KAFKA_COMPRESSION: 'lz4',
    };
    expect(readKafkaConfig({ KAFKA_BROKERS, KAFKA_SSL: '1', ...sasl, ...topics })).toMatchObject({
      security: {
        tls: {},
        sasl: { mechanism: 'scram-sha-512', username: 'me', password: 's3cret' },
      },
      topicPrefix: 'team-a.',
      replicationFactor: 3,
      segmentBytes: 64 * 1024 * 1024,
      compression: 'lz4',
    });
  });

  it.each([
    [{ KAFKA_SASL_MECHANISM: 'scram-sha-256' }, /^KAFKA_SASL_USERNAME: is needed/],
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me' }, /^KAFKA_SASL_PASSWORD: is needed/],
    [{ KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'x' }, /need KAFKA_SASL_MECHANISM/],
    [{ KAFKA_SASL_MECHANISM: 'gssapi' }, /^KAFKA_SASL_MECHANISM: must be one of plain, scram/],
    [{ KAFKA_SSL_CA: '/ca.pem' }, /^KAFKA_SSL_CA: has no effect without KAFKA_SSL=1/],
    [{ KAFKA_SSL: '1', KAFKA_SSL_CA: '/no/such.pem' }, /^KAFKA_SSL_CA: cannot be read: ENOENT.*such\.pem/],
    [{ KAFKA_SSL: '1', KAFKA_SSL_CERT: '/a.pem' }, /set both/],
    [{ KAFKA_TOPIC_PREFIX: 'a/b' }, /^KAFKA_TOPIC_PREFIX: may have/],
    [{ TOPICAST_KAFKA_MAX_MESSAGE_MB: '1' }, /^TOPICAST_KAFKA_MAX_MESSAGE_MB: .* from 5 to 100/],
    [{ TOPICAST_KAFKA_SEGMENT_MB: 'big' }, /^TOPICAST_KAFKA_SEGMENT_MB: must be a whole number/],
    [{ TOPICAST_KAFKA_COMPRESSION: 'zstd' }, /must be one of none, gzip, snappy, lz4/],
  ])('say in one line what is wrong with %j', (environment, line) => {
    expect(complaint(environment)).toMatch(line);
    expect(complaint(environment)).not.toContain('\n');
  });

  it('say which file is no certificate', () => {
    const text = file('text.pem', 'hello');
    expect(complaint({ KAFKA_SSL: '1', KAFKA_SSL_CA: text })).toMatch(/^KAFKA_SSL_CA: .* is not a PEM file/);
    const broken = file('broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const both = { KAFKA_SSL_CERT: broken, KAFKA_SSL_KEY: broken };
    expect(complaint({ KAFKA_SSL: '1', ...both })).toMatch(/^KAFKA_SSL_CERT, KAFKA_SSL_KEY: /);
  });
});
