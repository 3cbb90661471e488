import { homedir } from 'node:os';
import { delimiter, resolve } from 'node:path';
import {
  ConfigError,
  flag,
  list,
  numberFrom,
  readConfig,
  sharedSettings,
  wholeNumberFrom,
} from '@topicast/contracts/config';
import { type Bytes, bytes, type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { z } from 'zod';

export interface GatewayConfig {
  /** The address to listen on. */
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  /** The operator's token, if it was given. */
  readonly token: string | undefined;
  /** Files below these may be streamed. */
  readonly mediaDirectories: readonly string[];
  /** Names, besides addresses and localhost, that this gateway answers to; lower case. */
  readonly allowedHosts: readonly string[];
  /** The web pages that may change something. */
  readonly allowedOrigins: readonly string[];
  /**
   * The web app's port, for pages of the same host name as the request; undefined if TOPICAST_ALLOWED_ORIGINS names the
   * pages.
   */
  readonly ownWebPort: number | undefined;
  readonly allowPrivateUrls: boolean;
  /** Where encoders publish, if they cannot reach a producer by this gateway's own name. */
  readonly publicRtmpUrl: string | undefined;
  readonly publicCameraUrl: string | undefined;
  readonly publicWhipUrl: string | undefined;
  /** If set, viewers need a JWT signed with it. */
  readonly viewerSecret: string | undefined;
  readonly limits: {
    readonly viewers: number;
    readonly viewersPerAddress: number;
    readonly messagesPerSecond: number;
  };
  /** Who gets several chunks at a time: nobody, those who ask for it, all. */
  readonly economy: 'off' | 'asked' | 'all';
  readonly ring: { readonly span: Milliseconds; readonly bytes: Bytes };
  /** How long chunks stay in topics that this gateway creates. */
  readonly retention: Milliseconds;
  /** How long viewers have to move to another gateway when this one goes down. */
  readonly drain: Milliseconds;
  /** The number of processes of this gateway; undefined if the program decides. */
  readonly workers: number | undefined;
}

const atLeastOne = z.coerce.number('must be a whole number of at least 1').int().min(1);

const settings = z.object({
  TOPICAST_HOST: sharedSettings.TOPICAST_HOST,
  TOPICAST_WEB_PORT: sharedSettings.TOPICAST_WEB_PORT,
  TOPICAST_GATEWAY_PORT: sharedSettings.TOPICAST_GATEWAY_PORT,
  TOPICAST_DATA_DIR: sharedSettings.TOPICAST_DATA_DIR,
  TOPICAST_MEDIA_DIRS: sharedSettings.TOPICAST_MEDIA_DIRS,
  /** The operator's token; without it, one is created and kept in the data folder. */
  TOPICAST_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    // What a Bearer header can carry (RFC 6750 2.1).
    .regex(/^[A-Za-z0-9._~+/-]+=*$/, 'use letters, digits and . _ ~ + / -')
    .optional(),
  /** Host names of the gateway, `*` for any. */
  TOPICAST_ALLOWED_HOSTS: list.default([]),
  /**
   * Origins of pages that may change something, such as `http://studio.example:3000`; if absent, the web app's own on
   * any host.
   */
  TOPICAST_ALLOWED_ORIGINS: list.optional(),
  /** Whether streams may be fetched from private addresses. */
  TOPICAST_ALLOW_PRIVATE_URLS: flag.default(false),
  /** The address that streamers type into OBS; if absent, the name by which they reach this gateway, and a producer's port. */
  TOPICAST_PUBLIC_RTMP_URL: z
    .string()
    .regex(/^rtmps?:\/\/[^\s/]+(\/\S*)?$/, 'must be an address as rtmp://live.example.com/live')
    .optional(),
  /** The address at which browsers publish; if absent, as for RTMP. */
  TOPICAST_PUBLIC_CAMERA_URL: sharedSettings.TOPICAST_PUBLIC_CAMERA_URL,
  /** The address for encoders that publish by WHIP; if absent, as for RTMP. */
  TOPICAST_PUBLIC_WHIP_URL: z
    .string()
    .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/, 'must be an address as https://live.example.com/whip')
    .optional(),
  /** If set, viewers need a token: JWT, HS256, claim `stream`. */
  TOPICAST_VIEWER_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  TOPICAST_MAX_VIEWERS: atLeastOne.default(5_000),
  /** Behind a proxy all viewers have the proxy's address. */
  TOPICAST_MAX_VIEWERS_PER_ADDRESS: atLeastOne.default(2_000),
  TOPICAST_MAX_MESSAGES_PER_SECOND: atLeastOne.default(100),
  /** Who gets chunks 200 to 350 ms at a time, later but for about half the CPU. */
  TOPICAST_ECONOMY: z.enum(['off', 'asked', 'all']).default('asked'),
  /** How much of each watched rendition stays in memory, for resuming and seeking. */
  TOPICAST_RING_SECONDS: atLeastOne.default(20),
  TOPICAST_RING_MB: atLeastOne.default(64),
  /** How long chunks stay in the log. */
  TOPICAST_RETENTION_MINUTES: numberFrom(1, 10_080).default(15),
  /** How long viewers have to move when the gateway goes down; with the embedded log they have nowhere to go. */
  TOPICAST_DRAIN_SECONDS: numberFrom(0, 3_600).optional(),
  /**
   * The number of processes that serve viewers: by default one per core for `npm run gateway`, and 1 for `npm start`.
   */
  TOPICAST_GATEWAY_WORKERS: wholeNumberFrom(1, 256).optional(),
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
});

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const WILDCARD = /^(0\.0\.0\.0|::)$/;

/** @throws {ConfigError} with one line that says what to set. */
export function readGatewayConfig(environment: Record<string, string | undefined>): GatewayConfig {
  const given = readConfig(settings, environment);
  const host = given.TOPICAST_HOST;
  if (!LOOPBACK.test(host) && given.TOPICAST_TOKEN === undefined) {
    throw new ConfigError(
      `TOPICAST_TOKEN: must be set to listen on ${host}, where others can reach the gateway`,
    );
  }
  return Object.freeze({
    host,
    port: given.TOPICAST_GATEWAY_PORT,
    dataDirectory: given.TOPICAST_DATA_DIR,
    token: given.TOPICAST_TOKEN,
    mediaDirectories: given.TOPICAST_MEDIA_DIRS.flatMap((item) => item.split(delimiter))
      .filter(Boolean)
      .map(absolute),
    allowedHosts: [...given.TOPICAST_ALLOWED_HOSTS, host].map((name) => name.toLowerCase()),
    allowedOrigins:
      given.TOPICAST_ALLOWED_ORIGINS?.map(originOf) ?? ownOrigins(host, given.TOPICAST_WEB_PORT),
    ownWebPort: given.TOPICAST_ALLOWED_ORIGINS ? undefined : given.TOPICAST_WEB_PORT,
    allowPrivateUrls: given.TOPICAST_ALLOW_PRIVATE_URLS,
    publicRtmpUrl: given.TOPICAST_PUBLIC_RTMP_URL,
    publicCameraUrl: given.TOPICAST_PUBLIC_CAMERA_URL,
    publicWhipUrl: given.TOPICAST_PUBLIC_WHIP_URL,
    viewerSecret: given.TOPICAST_VIEWER_SECRET,
    limits: {
      viewers: given.TOPICAST_MAX_VIEWERS,
      viewersPerAddress: given.TOPICAST_MAX_VIEWERS_PER_ADDRESS,
      messagesPerSecond: given.TOPICAST_MAX_MESSAGES_PER_SECOND,
    },
    economy: given.TOPICAST_ECONOMY,
    ring: {
      span: milliseconds(given.TOPICAST_RING_SECONDS * 1000),
      bytes: bytes(given.TOPICAST_RING_MB * 1024 * 1024),
    },
    retention: milliseconds(given.TOPICAST_RETENTION_MINUTES * 60_000),
    drain: milliseconds((given.TOPICAST_DRAIN_SECONDS ?? (given.KAFKA_BROKERS ? 10 : 0)) * 1000),
    workers: given.TOPICAST_GATEWAY_WORKERS,
  });
}

const absolute = (directory: string): string => resolve(directory.replace(/^~(?=$|[/\\])/, () => homedir()));

function ownOrigins(host: string, webPort: number): string[] {
  const names = ['127.0.0.1', 'localhost'];
  if (!WILDCARD.test(host)) names.push(host.includes(':') ? `[${host}]` : host);
  return [...new Set(names.map((name) => originOf(`http://${name}:${webPort}`)))];
}

function originOf(text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  if (origin === 'null')
    throw new ConfigError(
      `TOPICAST_ALLOWED_ORIGINS: "${text}" is not an origin; write it as http://host:3000`,
    );
  return origin;
}
