import { hostname } from 'node:os';
import { flag, list, port, readConfig, sharedSettings, wholeNumberFrom } from '@topicast/contracts/config';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Receiver, readReceivers } from '@topicast/sources/webhook';
import { z } from 'zod';

export interface ProcessorsConfig {
  /** The name of this member in the groups, for people who look at them. */
  readonly member: string;
  /** See `share` in the log's contract. */
  readonly sessionTimeout: Milliseconds;
  /** How often each live stream gets a new picture; undefined: never. */
  readonly thumbnailEvery: Milliseconds | undefined;
  /** In how many streams at once to look for black and frozen pictures, silence, and sound that is too loud or quiet. */
  readonly mostAnalyses: number;
  /** Whether streams may be sent on to private addresses. */
  readonly allowPrivateUrls: boolean;
  /** Who is told what happens to streams. */
  readonly webhooks: readonly Receiver[];
  /** Where health and metrics are asked for; undefined: nowhere. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
}

const settings = z.object({
  TOPICAST_HOST: sharedSettings.TOPICAST_HOST,
  /** The port for health and metrics of processors that run in their own process. */
  TOPICAST_PROCESSORS_PORT: port.optional(),
  /** How long a process may be silent before its streams go to others. */
  TOPICAST_PRODUCER_SESSION_TIMEOUT_MS: wholeNumberFrom(1_000, 300_000).default(3_000),
  TOPICAST_THUMBNAIL_SECONDS: z
    .union([z.literal('off'), wholeNumberFrom(2, 3_600)], 'must be a whole number from 2 to 3600, or off')
    .default(5),
  TOPICAST_ALLOW_PRIVATE_URLS: flag.default(false),
  /** Where to tell what happens to streams. */
  TOPICAST_WEBHOOK_URLS: list.default([]),
  TOPICAST_WEBHOOK_SECRET: sharedSettings.TOPICAST_WEBHOOK_SECRET,
  TOPICAST_ANALYSE: z
    .union(
      [z.enum(['on', 'off']), wholeNumberFrom(1, 1_000)],
      'must be on, off, or a whole number from 1 to 1000',
    )
    .default('on'),
});

/** One takes 65 MB and 1 % of a core, so these take a gigabyte. */
const USUAL_ANALYSES = 16;

/** @throws {ConfigError} that names every variable in error. */
export function readProcessorsConfig(environment: Record<string, string | undefined>): ProcessorsConfig {
  const read = readConfig(settings, environment);
  const seconds = read.TOPICAST_THUMBNAIL_SECONDS;
  return Object.freeze({
    member: `${hostname().replace(/[^A-Za-z0-9.-]/g, '-') || 'processors'}-${process.pid}`,
    sessionTimeout: milliseconds(read.TOPICAST_PRODUCER_SESSION_TIMEOUT_MS),
    thumbnailEvery: seconds === 'off' ? undefined : milliseconds(seconds * 1_000),
    mostAnalyses: analysesIn(read.TOPICAST_ANALYSE),
    allowPrivateUrls: read.TOPICAST_ALLOW_PRIVATE_URLS,
    webhooks: readReceivers(read.TOPICAST_WEBHOOK_URLS, {
      ...{ setting: 'TOPICAST_WEBHOOK_URLS', secret: read.TOPICAST_WEBHOOK_SECRET },
      allowPrivate: read.TOPICAST_ALLOW_PRIVATE_URLS,
    }),
    health:
      read.TOPICAST_PROCESSORS_PORT === undefined
        ? undefined
        : { host: read.TOPICAST_HOST, port: read.TOPICAST_PROCESSORS_PORT },
  });
}

const analysesIn = (setting: 'on' | 'off' | number): number =>
  setting === 'on' ? USUAL_ANALYSES : setting === 'off' ? 0 : setting;
