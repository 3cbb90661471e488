import type { Encoding, HardwareEncoder } from '@topicast/contracts/encoding';
import type { Source } from '@topicast/contracts/http';
import type { StreamStatus } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import type { Network } from '@topicast/sources/open';
import { pino } from 'pino';
import { readProducerConfig } from '../config.js';
import { supervise } from '../encoder/supervisor.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import { startGuard } from '../ffmpeg/guard.js';
import type { PublishedSession } from '../publish/stream-publisher.js';

/** A source that a stranger named, with a real ffmpeg, and the result. */
export function superviseStranger(
  source: Source,
  options: {
    readonly ffmpeg: Ffmpeg;
    /** If absent, the internet. */
    readonly network?: Network;
    readonly allowPrivateUrls?: boolean;
    /** Where the files are that strangers may name. */
    readonly mediaDirs?: readonly string[];
    readonly onChunk?: (chunk: Chunk) => void;
    readonly asked?: Encoding;
    readonly hardware?: readonly HardwareEncoder[];
  },
) {
  const guard = startGuard();
  const chunks: Chunk[] = [];
  const sessions: number[] = [];
  let session: PublishedSession | undefined;
  let status: Partial<StreamStatus> = {};
  const stopping = new AbortController();
  const { ffmpeg, network, allowPrivateUrls = false, mediaDirs = [], onChunk, asked } = options;
  const done = supervise(
    {
      ...{ source, ffmpeg, guard, ...(network && { network }) },
      rules: { trusted: false, mediaDirs, allowPrivateUrls },
      encoding: { ...readProducerConfig({ TOPICAST_VIDEO_PRESET: 'ultrafast' }).encoding, asked },
      hardware: Promise.resolve(new Set(options.hardware)),
      logger: pino({ enabled: false }),
      // As after a clock that was set back.
      prepare: async () => Date.now() + 3_600_000,
      publisher: {
        beginSession(begun) {
          session = begun;
          sessions.push(begun.session);
        },
        push(rendition, chunk) {
          chunks.push(chunk);
          onChunk?.(chunk);
          session?.onRecord(rendition, {
            header: { ...chunk, session: session.session, sequence: 0, gop: 1, wallClock: milliseconds(0) },
            value: chunk.data,
          });
        },
        lose: () => undefined,
        state: { queued: 0, dropped: 0, trouble: undefined },
      },
      report: (part) => {
        status = { ...status, ...part };
      },
    },
    stopping.signal,
  );
  return {
    chunks,
    sessions,
    status: () => status,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await done;
      await guard.close();
    },
  };
}
