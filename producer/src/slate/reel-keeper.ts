import type { Track } from '@topicast/contracts/catalog';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { Reel } from './reel.js';
import type { ReelMaker } from './workshop.js';

/** When the encoder vanishes there is no time to encode, so the picture may be this old for a moment. */
const RENEW_AFTER = milliseconds(30_000);

/** Keeps the reel of one stream ready: made from its first keyframe, and again from newer ones. */
export class ReelKeeper {
  readonly #maker: ReelMaker;
  readonly #logger: Logger;
  /** The newest, which is the last one when the encoder vanishes. */
  #keyframe: Uint8Array | undefined;
  #reel: Reel | undefined;
  /** What the reel was made for. */
  #form = '';
  #begunAt = Milliseconds.never;
  #making: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(maker: ReelMaker, logger: Logger) {
    this.#maker = maker;
    this.#logger = logger;
  }

  /** Undefined if there is none, or none for what the stream is now. */
  get reel(): Reel | undefined {
    return this.#reel;
  }

  /** There is one, or will be in a moment. */
  get isReady(): boolean {
    return this.#reel !== undefined || this.#making !== undefined;
  }

  /** Why there is none. */
  get problem(): string | undefined {
    return this.#reel ? undefined : this.#problem;
  }

  /** A keyframe of the stream has come. */
  note(keyframe: Uint8Array, tracks: readonly Track[]): void {
    this.#keyframe = keyframe;
    const form = formOf(tracks);
    if (form !== this.#form) {
      this.#form = form;
      this.#reel = undefined;
      this.#begunAt = Milliseconds.never;
    }
    const isDue = Milliseconds.sub(Milliseconds.now(), this.#begunAt) >= RENEW_AFTER;
    // A newer picture can wait; a stream without a reel cannot.
    if (isDue && !(this.#reel && this.#maker.isBusy)) void this.#make(tracks);
  }

  /** Of the newest keyframe, for a stream whose encoder has vanished. Undefined if that fails. */
  async renew(tracks: readonly Track[]): Promise<Reel | undefined> {
    await this.#making;
    await this.#make(tracks);
    return this.#reel;
  }

  #make(tracks: readonly Track[]): Promise<void> {
    this.#making ??= this.#try(tracks).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #try(tracks: readonly Track[]): Promise<void> {
    const [keyframe, form] = [this.#keyframe, this.#form];
    if (!keyframe) return;
    this.#begunAt = Milliseconds.now();
    try {
      const reel = await this.#maker.make({ keyframe, tracks });
      if (form !== this.#form) return;
      this.#reel = reel;
      this.#problem = undefined;
    } catch (error) {
      if (form !== this.#form) return;
      const problem = error instanceof Error ? error.message : String(error);
      // It is tried again and again, as long as the encoder sends.
      if (problem !== this.#problem)
        this.#logger.warn({ err: error }, 'no slate could be made for the time when the encoder is away');
      this.#problem = problem;
    }
  }
}

/** What decoders are set up with; rates are measured, and vary. */
const formOf = (tracks: readonly Track[]): string => JSON.stringify(tracks.map(setUpOf));

function setUpOf(track: Track): readonly unknown[] {
  switch (track.kind) {
    case 'video':
      return [track.pid, track.codec, track.width, track.height];
    case 'audio':
      return [track.pid, track.codec, track.sampleRate, track.channels];
    case 'data':
      return [];
  }
}
