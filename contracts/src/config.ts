import { z } from 'zod';

/** An invalid setting: one line for the person who set it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Read settings from an environment, once, at a program's entry. An empty variable counts as absent.
 * @throws {ConfigError} that names every variable in error.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Record<string, string | undefined>,
): Readonly<z.output<Schema>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, environment[name]?.trim() || undefined]),
  );
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  }
  return Object.freeze(result.data);
}

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
/** The message of a schema is that of each of its checks. */
const bounded = (kind: string, least: number, most: number) =>
  z.coerce.number(`must be ${kind} from ${least} to ${most}`).min(least).max(most);
export const numberFrom = (least: number, most: number) => bounded('a number', least, most);
export const wholeNumberFrom = (least: number, most: number) => bounded('a whole number', least, most).int();
export const port = bounded('a port number', 0, 65535).int();
export const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');

/** `host:port` pairs. */
const brokers = list.refine(
  (items) => items.every((item) => /^[\w.[\]:-]+:\d{1,5}$/.test(item)),
  'must be host:port; separate several with commas',
);

/** A port to listen at, or none. */
export const portOrOff = z.union([z.literal('off'), port], 'must be a port number from 0 to 65535, or off');

/** The settings that more than one service reads; the rest stands in each service's config.ts. */
export const sharedSettings = {
  TOPICAST_HOST: z.string().default('127.0.0.1'),
  TOPICAST_WEB_PORT: port.default(3000),
  TOPICAST_GATEWAY_PORT: port.default(8080),
  TOPICAST_DATA_DIR: z.string().default('.topicast'),
  /** The port for encoders that publish by WebSocket, such as browsers. */
  TOPICAST_CAMERA_PORT: portOrOff.optional(),
  /** The address at which browsers publish; if absent, the name by which they reach us, and a producer's port. */
  TOPICAST_PUBLIC_CAMERA_URL: z
    .string()
    .regex(/^wss?:\/\/[^\s/]+(\/\S*)?$/, 'must be an address as wss://live.example.com/camera')
    .optional(),
  /** Directories separated by the platform's path separator or commas; files below them may be streamed. */
  TOPICAST_MEDIA_DIRS: list.default([]),
  /** Signs what we send to the operator's programs, so that they know that it is from us. */
  TOPICAST_WEBHOOK_SECRET: z.string().optional(),
  KAFKA_BROKERS: brokers.optional(),
};

/** Beside RTMP's own port. */
export const DEFAULT_CAMERA_PORT = 1936;

const text = z.string().optional();
const oneOf = <const Choice extends string>(...choices: readonly Choice[]) =>
  z.enum(choices, `must be one of ${choices.join(', ')}`);

/** Where Kafka is, how to log in, and the settings of topics that we create. Read by the code that opens the log. */
export const kafkaSettings = z.object({
  KAFKA_BROKERS: brokers,
  KAFKA_SSL: flag.default(false),
  /** PEM files: whom to trust, and a client certificate if the brokers ask for one. */
  KAFKA_SSL_CA: text,
  KAFKA_SSL_CERT: text,
  KAFKA_SSL_KEY: text,
  KAFKA_SASL_MECHANISM: oneOf('plain', 'scram-sha-256', 'scram-sha-512').optional(),
  KAFKA_SASL_USERNAME: text,
  KAFKA_SASL_PASSWORD: text,
  /** A prefix for the names of all topics, so that several installations can share a cluster. */
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,150}$/, 'may have up to 150 letters, digits, ".", "_" and "-"')
    .default(''),
  /** Copies of each topic; by default three, or as many as there are brokers. */
  TOPICAST_KAFKA_REPLICATION: wholeNumberFrom(1, 10).optional(),
  /** The size of the files of video topics; by default it follows from the retention. */
  TOPICAST_KAFKA_SEGMENT_MB: wholeNumberFrom(1, 1024).optional(),
  /** The largest batch that a topic accepts; ours have up to 4 MB and their framing. */
  TOPICAST_KAFKA_MAX_MESSAGE_MB: wholeNumberFrom(5, 100).default(8),
  TOPICAST_KAFKA_COMPRESSION: oneOf('none', 'gzip', 'snappy', 'lz4').default('none'),
});
