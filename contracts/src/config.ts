import { z } from 'zod';

/** A setting that cannot be used: one line for the person who set it. */
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
export const port = z.coerce.number('must be a port number').int().min(0).max(65535);
export const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');

/** `host:port` pairs. */
export const brokers = list.refine(
  (items) => items.every((item) => /^[\w.[\]:-]+:\d{1,5}$/.test(item)),
  'must be host:port, several separated by commas',
);

/** The settings that more than one service reads; the rest stands in each service's config.ts. */
export const sharedSettings = {
  TOPICAST_HOST: z.string().default('127.0.0.1'),
  TOPICAST_WEB_PORT: port.default(3000),
  TOPICAST_GATEWAY_PORT: port.default(8080),
  TOPICAST_DATA_DIR: z.string().default('.topicast'),
  /** Directories separated by the platform's path separator or commas; files below them may be streamed. */
  TOPICAST_MEDIA_DIRS: list.default([]),
  KAFKA_BROKERS: brokers.optional(),
};
