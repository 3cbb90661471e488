import { availableParallelism } from 'node:os';
import type { Track } from '@topicast/contracts/catalog';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Chunk, PictureAlone } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import type { EncodingSettings } from '../../config.js';
import { type EncoderExit, encode } from '../../encoder/encode.js';
import { ffmpegArguments } from '../../ffmpeg/arguments.js';
import type { Ffmpeg } from '../../ffmpeg/find.js';
import type { ProcessGuard } from '../../ffmpeg/guard.js';
import { Intake } from './intake.js';
import { type Making, planOf } from './making.js';

/** A busy machine takes seconds to start ffmpeg. */
const SILENCE_MS = { first: 20_000, next: 10_000 } as const;
/** After this long without a picture, none is expected of the encoder. */
const IDLE = milliseconds(1_000);
/** How long an encoder gets for its last pictures. */
const FAREWELL_MS = 1_000;

export interface MakerTools {
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly encoding: EncodingSettings;
  readonly logger: Logger;
}

interface MakerOptions extends MakerTools {
  readonly making: Making;
  /** The first of the chunks that it will get. */
  readonly keyframe: Chunk;
  /** Called with the pictures of each rendition, from 1 on. */
  readonly onPicture: (rendition: number, chunk: Chunk, tracks: readonly Track[]) => void;
}

/** One ffmpeg that makes lower renditions, from the keyframe that it begins with to its end. */
export class Maker {
  readonly making: Making;
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<EncoderExit>;
  readonly #intake = new Intake();
  readonly #pictures = new PictureAlone();
  readonly #stopping = new AbortController();
  #lines: readonly string[] = [];
  #begun: Milliseconds | undefined;

  constructor(options: MakerOptions) {
    const { making, keyframe, ffmpeg, guard, encoding, logger } = options;
    this.making = making;
    const plan = planOf(making, keyframe.presentationOffset);
    const threads = Math.min(4, availableParallelism());
    this.ended = encode(
      {
        ...{ ffmpeg, guard, renditions: making.rungs.length, pace: 'as it comes', silenceMs: SILENCE_MS },
        args: ffmpegArguments(plan, { ...encoding, threads, libavformat: ffmpeg.libavformat }),
        feed: { inputs: 1, begin: ([input]) => this.#intake.open(input!) },
        ...{ awaitsSound: false, fillsSound: false, delay: Milliseconds.zero },
        isIdle: () => Milliseconds.sub(Milliseconds.now(), this.#intake.lastTaken) > IDLE,
        onChunk: (index, chunk, tracks) => {
          this.#begun ??= Milliseconds.now();
          this.#intake.start();
          options.onPicture(index + 1, chunk, tracks);
        },
        onLines: (lines) => {
          this.#lines = lines;
        },
        onGaps: ({ continuityErrors }) =>
          logger.warn({ continuityErrors }, 'packets are missing in the lower renditions'),
        ...{ onTrackLeftOut: () => undefined, onSeen: () => undefined },
      },
      this.#stopping.signal,
    );
  }

  /** ffmpeg's last words. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** How long it has given pictures. */
  get ran(): Milliseconds {
    return this.#begun === undefined ? Milliseconds.zero : Milliseconds.sub(Milliseconds.now(), this.#begun);
  }

  /** The share of the last pictures that it was too slow for, if that is too much. */
  get leftOut(): number | undefined {
    return this.#intake.leftOut;
  }

  /** The next chunk of what lower renditions are made of; its picture goes in. */
  feed({ data, keyframe, audioOnly }: Chunk): void {
    if (audioOnly) return;
    this.#intake.offer(this.#pictures.of(data, keyframe), keyframe);
  }

  /** Resolves when its last pictures are out, or took too long. */
  async close(): Promise<void> {
    this.#intake.end();
    const timer = setTimeout(() => this.#stopping.abort(), FAREWELL_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
