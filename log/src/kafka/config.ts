import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, kafkaSettings, readConfig } from '@topicast/contracts/config';
import type { Sasl, Tls } from './brokers/security.js';
import type { KafkaLogOptions } from './options.js';

const MB = 1024 * 1024;

/** What the environment says about Kafka. It contains secrets, so do not log it. */
type KafkaConfig = Omit<KafkaLogOptions, 'clientId' | 'logger' | 'signal'>;

/**
 * Read the settings of the Kafka log, and the files that they name.
 * @throws {ConfigError} one line that says which variable to correct
 */
export function readKafkaConfig(environment: Readonly<Record<string, string | undefined>>): KafkaConfig {
  const config = readConfig(kafkaSettings, environment);
  const tls = readTls(config);
  const sasl = readSasl(config);
  return {
    brokers: config.KAFKA_BROKERS,
    security: { ...(tls && { tls }), ...(sasl && { sasl }) },
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    maxMessageBytes: config.TOPICAST_KAFKA_MAX_MESSAGE_MB * MB,
    compression: config.TOPICAST_KAFKA_COMPRESSION,
    ...(config.TOPICAST_KAFKA_REPLICATION && { replicationFactor: config.TOPICAST_KAFKA_REPLICATION }),
    ...(config.TOPICAST_KAFKA_SEGMENT_MB && { segmentBytes: config.TOPICAST_KAFKA_SEGMENT_MB * MB }),
  };
}

type Settings = ReturnType<typeof kafkaSettings.parse>;
const FILES = { ca: 'KAFKA_SSL_CA', cert: 'KAFKA_SSL_CERT', key: 'KAFKA_SSL_KEY' } as const;

function readTls(config: Settings): Tls | undefined {
  const named = Object.entries(FILES).filter(([, variable]) => config[variable]);
  if (!config.KAFKA_SSL) {
    const [first] = named;
    if (first) throw new ConfigError(`${first[1]}: has no effect without KAFKA_SSL=1`);
    return undefined;
  }
  if (Boolean(config.KAFKA_SSL_CERT) !== Boolean(config.KAFKA_SSL_KEY)) {
    throw new ConfigError('KAFKA_SSL_CERT, KAFKA_SSL_KEY: set both, the certificate and its key');
  }
  const tls: Tls = Object.fromEntries(
    named.map(([part, variable]) => [part, readPem(variable, config[variable] ?? '')]),
  );
  try {
    createSecureContext({ ...tls });
  } catch (cause) {
    const names = named.map(([, variable]) => variable).join(', ');
    throw new ConfigError(`${names}: ${(cause as Error).message}`, { cause });
  }
  return tls;
}

function readPem(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${variable}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  // Node.js treats a file without certificates as an empty list of authorities.
  if (!text.includes('-----BEGIN ')) throw new ConfigError(`${variable}: "${path}" is not a PEM file`);
  return text;
}

function readSasl(config: Settings): Sasl | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism } = config;
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  if (!mechanism) {
    if (!username && !password) return undefined;
    throw new ConfigError(
      'KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: need KAFKA_SASL_MECHANISM (plain, scram-sha-256 or scram-sha-512)',
    );
  }
  if (!username) throw new ConfigError(`KAFKA_SASL_USERNAME: is needed for the mechanism ${mechanism}`);
  if (!password) throw new ConfigError(`KAFKA_SASL_PASSWORD: is needed for the mechanism ${mechanism}`);
  return { mechanism, username, password };
}
