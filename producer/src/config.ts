import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import {
  DEFAULT_CAMERA_PORT,
  flag,
  list,
  numberFrom,
  port,
  portOrOff,
  readConfig,
  sharedSettings,
  wholeNumberFrom,
} from '@topicast/contracts/config';
import type { Encoding } from '@topicast/contracts/encoding';
import {
  type BitsPerSecond,
  type Bytes,
  bitsPerSecond,
  bytes,
  type Milliseconds,
  milliseconds,
} from '@topicast/contracts/units';
import { type Receiver, readReceivers } from '@topicast/sources/webhook';
import { z } from 'zod';

/** x264's, from the cheapest to the best picture per bit. */
export const X264_PRESETS = ['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'] as const;
export type X264Preset = (typeof X264_PRESETS)[number];
const SOUND_CODECS = ['aac', 'opus'] as const;
type SoundCodec = (typeof SOUND_CODECS)[number];

const SECOND_PUBLISHER = ['takeover', 'refuse'] as const;
export type SecondPublisher = (typeof SECOND_PUBLISHER)[number];
/** They are in each heartbeat. */
const MOST_SRT_PORTS = 1_000;
/** RTMP's own. */
const RTMP_PORT = 1935;
/** Beside RTMP's and the camera's. */
const WHIP_PORT = 1937;

export interface EncodingSettings {
  readonly preset: X264Preset;
  /** Larger pictures are scaled down to it. */
  readonly maxHeight: number;
  readonly maxVideoBitrate: BitsPerSecond;
  readonly soundCodec: SoundCodec;
  /** What the streamer of this stream wants, within these limits; absent in the settings of the producer. */
  readonly asked?: Encoding | undefined;
}

/** Where to listen for encoders. */
export interface ListenerConfig {
  readonly host: string;
  readonly port: number;
  /** The name of the setting of the port. */
  readonly setting: string;
  /** Otherwise the port may be taken. */
  readonly isAskedFor: boolean;
  /** Connections of one address that have not shown a valid key. */
  readonly strangersPerAddress: number;
}

export interface ProducerConfig {
  readonly producerId: string;
  /** Absent: the one on PATH, or else the one that came with the dependencies. */
  readonly ffmpegPath: string | undefined;
  /** Absolute. */
  readonly mediaDirs: readonly string[];
  readonly allowPrivateUrls: boolean;
  /** See `share` in the log's contract. */
  readonly sessionTimeout: Milliseconds;
  readonly retention: { readonly time: Milliseconds; readonly size: Bytes };
  readonly encoding: EncodingSettings;
  /** Where encoders publish by RTMP; undefined: nowhere. */
  readonly rtmp: ListenerConfig | undefined;
  /** Where they publish by WebSocket, as browsers do; undefined: nowhere. */
  readonly camera: ListenerConfig | undefined;
  /** Where encoders publish by SRT, each stream at a port of its own; undefined: nowhere. */
  readonly srt:
    | {
        readonly host: string;
        readonly first: number;
        readonly last: number;
        readonly latency: Milliseconds;
        /** What encoders have to call; undefined: the gateways' name. */
        readonly publicHost: string | undefined;
      }
    | undefined;
  /** Who is asked before an encoder publishes; undefined: nobody. */
  readonly publishWebhook: Receiver | undefined;
  /** Where they publish by WHIP; undefined: nowhere. */
  readonly whip: (ListenerConfig & { readonly publicAddresses: readonly string[] }) | undefined;
  /** What becomes of an encoder that comes with the key of one that is sending. */
  readonly secondPublisher: SecondPublisher;
  /** How long the primary encoder has to send before it is taken back from the backup; undefined: it is not. */
  readonly primaryBackAfter: Milliseconds | undefined;
  /** How long viewers see a slate while an encoder is away; 0: not at all. */
  readonly ingestGap: Milliseconds;
  /** Where health and metrics are asked for; undefined: nowhere. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
}

const settings = z.object({
  TOPICAST_HOST: sharedSettings.TOPICAST_HOST,
  TOPICAST_DATA_DIR: sharedSettings.TOPICAST_DATA_DIR,
  /** The port for health and metrics of a producer that runs in its own process. */
  TOPICAST_PRODUCER_PORT: port.optional(),
  /** The port for encoders that publish by RTMP, such as OBS. */
  TOPICAST_RTMP_PORT: portOrOff.optional(),
  TOPICAST_CAMERA_PORT: sharedSettings.TOPICAST_CAMERA_PORT,
  /** The port for encoders that publish by WHIP: TCP for HTTP, UDP for the media. */
  TOPICAST_WHIP_PORT: portOrOff.optional(),
  /** The addresses at which their UDP packets reach us, if they do not where HTTP does. */
  TOPICAST_WHIP_ADDRESS: list
    .refine((all) => all.every((each) => isIP(each) !== 0), 'must be IP addresses, separated by commas')
    .default([]),
  /**
   * Connections of one address that have not shown a valid key yet; all encoders behind a balancer have the same one.
   * There are 200 in all.
   */
  TOPICAST_RTMP_STRANGERS_PER_ADDRESS: wholeNumberFrom(1, 200).default(20),
  /** Ports for encoders that publish by SRT, one for each stream, as 9000-9019. */
  TOPICAST_SRT_PORTS: z
    .string()
    .regex(/^\d{1,5}-\d{1,5}$/, 'must be two port numbers, as 9000-9019')
    .transform((text) => text.split('-').map(Number) as [number, number])
    .refine(
      ([first, last]) => first >= 1 && first <= last && last <= 65535 && last - first < MOST_SRT_PORTS,
      `must be up to ${MOST_SRT_PORTS} ports, the lower one first, as 9000-9019`,
    )
    .optional(),
  /** What SRT may take to repeat what was lost: four times the way there and back is a good rule. */
  TOPICAST_SRT_LATENCY_MS: wholeNumberFrom(20, 8_000).default(200),
  TOPICAST_PUBLIC_SRT_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]{1,255}$/, 'must be a host name or an address')
    .optional(),
  /**
   * An encoder that was cut off comes back before we notice that its old connection is dead. So the last one that comes
   * with the key is on air, unless that is to be refused.
   */
  TOPICAST_INGEST_SECOND: z.enum(SECOND_PUBLISHER).default('takeover'),
  /**
   * How many seconds the primary encoder has to send without a pause before it is on air again instead of the backup;
   * off: the backup stays on air until it is lost.
   */
  TOPICAST_INGEST_BACK: z
    .union([z.literal('off'), numberFrom(0, 600)], 'must be a number of seconds from 0 to 600, or off')
    .default(10),
  /** How many seconds an encoder that has vanished may be away without an end of its stream; 0: it ends at once. */
  TOPICAST_INGEST_GAP: numberFrom(0, 600).default(60),
  /** Who is asked before an encoder publishes. */
  TOPICAST_PUBLISH_WEBHOOK_URL: z.string().optional(),
  TOPICAST_WEBHOOK_SECRET: sharedSettings.TOPICAST_WEBHOOK_SECRET,
  /** Only files below these may be streamed, unless the command line names them. */
  TOPICAST_MEDIA_DIRS: sharedSettings.TOPICAST_MEDIA_DIRS,
  FFMPEG_PATH: z.string().optional(),
  /** The name under which this producer owns its encoders: unique, and the same after a restart. */
  TOPICAST_PRODUCER_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'use 1 to 100 of letters, digits, ".", "_" and "-"')
    .optional(),
  /**
   * With several producers on one Kafka: how long a producer may be silent before its streams go to others. Brokers
   * refuse less than their group.min.session.timeout.ms, which is 6000 by default.
   */
  TOPICAST_PRODUCER_SESSION_TIMEOUT_MS: wholeNumberFrom(1_000, 300_000).default(3_000),
  /** How long chunks stay in the log. */
  TOPICAST_RETENTION_MINUTES: numberFrom(1, 10_080).default(15),
  TOPICAST_RETENTION_MEGABYTES: numberFrom(16, 1_000_000).default(4096),
  /** Let users name URLs in private networks (cameras), on this machine, and listening SRT addresses. */
  TOPICAST_ALLOW_PRIVATE_URLS: flag.default(false),
  TOPICAST_VIDEO_PRESET: z.enum(X264_PRESETS).default('veryfast'),
  TOPICAST_VIDEO_MAX_HEIGHT: wholeNumberFrom(144, 2160).default(720),
  TOPICAST_VIDEO_MAX_KBIT: numberFrom(100, 100_000).default(3000),
  /** Opus comes some 40 ms sooner; AAC plays everywhere. */
  TOPICAST_AUDIO_CODEC: z.enum(SOUND_CODECS).default('aac'),
});

/** @throws {ConfigError} that names every variable in error. */
export function readProducerConfig(environment: Record<string, string | undefined>): ProducerConfig {
  const read = readConfig(settings, environment);
  const listenerFor = (
    setting: 'TOPICAST_RTMP_PORT' | 'TOPICAST_CAMERA_PORT' | 'TOPICAST_WHIP_PORT',
    usual: number,
  ): ListenerConfig | undefined => {
    const asked = read[setting];
    if (asked === 'off') return undefined;
    return {
      ...{ host: read.TOPICAST_HOST, port: asked ?? usual, setting, isAskedFor: asked !== undefined },
      strangersPerAddress: read.TOPICAST_RTMP_STRANGERS_PER_ADDRESS,
    };
  };
  const [publishWebhook] = readReceivers([read.TOPICAST_PUBLISH_WEBHOOK_URL ?? []].flat(), {
    ...{ setting: 'TOPICAST_PUBLISH_WEBHOOK_URL', secret: read.TOPICAST_WEBHOOK_SECRET },
    allowPrivate: read.TOPICAST_ALLOW_PRIVATE_URLS,
  });
  const whip = listenerFor('TOPICAST_WHIP_PORT', WHIP_PORT);
  return Object.freeze({
    producerId: read.TOPICAST_PRODUCER_ID ?? defaultProducerId(path.resolve(read.TOPICAST_DATA_DIR)),
    ffmpegPath: read.FFMPEG_PATH,
    mediaDirs: read.TOPICAST_MEDIA_DIRS.flatMap((item) => item.split(path.delimiter))
      .filter(Boolean)
      .map(absolute),
    allowPrivateUrls: read.TOPICAST_ALLOW_PRIVATE_URLS,
    sessionTimeout: milliseconds(read.TOPICAST_PRODUCER_SESSION_TIMEOUT_MS),
    retention: {
      time: milliseconds(read.TOPICAST_RETENTION_MINUTES * 60_000),
      size: bytes(read.TOPICAST_RETENTION_MEGABYTES * 1_000_000),
    },
    rtmp: listenerFor('TOPICAST_RTMP_PORT', RTMP_PORT),
    camera: listenerFor('TOPICAST_CAMERA_PORT', DEFAULT_CAMERA_PORT),
    srt: read.TOPICAST_SRT_PORTS && {
      host: read.TOPICAST_HOST,
      first: read.TOPICAST_SRT_PORTS[0],
      last: read.TOPICAST_SRT_PORTS[1],
      latency: milliseconds(read.TOPICAST_SRT_LATENCY_MS),
      publicHost: read.TOPICAST_PUBLIC_SRT_HOST,
    },
    whip: whip && { ...whip, publicAddresses: read.TOPICAST_WHIP_ADDRESS },
    publishWebhook,
    secondPublisher: read.TOPICAST_INGEST_SECOND,
    primaryBackAfter:
      read.TOPICAST_INGEST_BACK === 'off' ? undefined : milliseconds(read.TOPICAST_INGEST_BACK * 1_000),
    ingestGap: milliseconds(read.TOPICAST_INGEST_GAP * 1_000),
    health:
      read.TOPICAST_PRODUCER_PORT === undefined
        ? undefined
        : { host: read.TOPICAST_HOST, port: read.TOPICAST_PRODUCER_PORT },
    encoding: {
      preset: read.TOPICAST_VIDEO_PRESET,
      maxHeight: read.TOPICAST_VIDEO_MAX_HEIGHT,
      maxVideoBitrate: bitsPerSecond(read.TOPICAST_VIDEO_MAX_KBIT * 1000),
      soundCodec: read.TOPICAST_AUDIO_CODEC,
    },
  });
}

const absolute = (directory: string): string =>
  path.resolve(directory.replace(/^~(?=$|[/\\])/, () => homedir()));

// Two installations on one host have different data folders, and so different names without a setting.
function defaultProducerId(dataDir: string): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9.-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 60);
  return `${host || 'producer'}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 6)}`;
}
