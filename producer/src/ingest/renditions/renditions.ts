import type { Track } from '@topicast/contracts/catalog';
import type { Rung } from '@topicast/contracts/ladder';
import { Milliseconds, ticks90k } from '@topicast/contracts/units';
import { type Chunk, unwrapNear } from '@topicast/media/mpegts';
import { Restarts } from '../../encoder/restarts.js';
import type { SessionCatalog } from '../../encoder/session-catalog.js';
import type { StreamPublisher } from '../../publish/stream-publisher.js';
import { Maker, type MakerTools } from './maker.js';
import { isSameMaking, type Making, makingOf, type Original, originalOf } from './making.js';
import { CANNOT_MAKE, ENDED, nothingSmaller, OPEN_GOPS, tooSlow } from './words.js';

/** Of ffmpeg 5: keyframes where the source has them, and decode times of their own choice. */
const LIBAVFORMAT_THAT_FOLLOWS = 59;
/** Longer steps are jumps of the clock, which ffmpeg would try to bridge. */
const LONGEST_STEP = 10 * 90_000;

interface RenditionsOptions extends MakerTools {
  readonly publisher: Pick<StreamPublisher, 'changeRenditions' | 'push'>;
}

type State =
  | { readonly is: 'none' }
  | { readonly is: 'making'; readonly maker: Maker }
  /** The last encoder has failed. */
  | { readonly is: 'resting'; readonly until: Milliseconds };

/**
 * All renditions of a stream whose encoder has come to us. What comes is passed on at once as the best one. The lower ones
 * are made of it by an ffmpeg beside, which may be slow or die without anybody who watches the best one noticing.
 */
export class Renditions {
  readonly #options: RenditionsOptions;
  readonly #restarts = new Restarts();
  #ladder: readonly Rung[] | undefined;
  #state: State = { is: 'none' };
  #original: Original | undefined;
  #offered: SessionCatalog | undefined;
  #last: Making | undefined;
  #keyframe: Pick<Chunk, 'decodeTime' | 'presentationOffset'> | undefined;
  #hasOpenGops = false;
  #lastTime = 0;
  #problem: string | undefined;
  #lines: readonly string[] = [];
  /** Encoders that give their last pictures. */
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: RenditionsOptions) {
    this.#options = options;
  }

  /** What is wanted from the next keyframe on. */
  want(ladder: readonly Rung[] | undefined): void {
    this.#ladder = ladder;
  }

  /** Of the present session, as far as they are made. */
  get count(): number {
    return 1 + (this.#maker?.making.rungs.length ?? 0);
  }

  /** What comes now is another session, and may be made by another encoder. @param offered of the new session */
  beginSession(offered: SessionCatalog): void {
    if (this.#offered) offered.goOnFrom(this.#offered);
    this.#offered = offered;
    this.#keyframe = undefined;
    this.#hasOpenGops = false;
  }

  /** The next chunk of what comes. */
  push(chunk: Chunk, tracks: readonly Track[]): void {
    if (!chunk.audioOnly) this.#lookAtGop(chunk);
    if (chunk.keyframe && !chunk.audioOnly) this.#atKeyframe(chunk, tracks);
    this.#lastTime = chunk.decodeTime;
    this.#options.publisher.push(0, chunk);
    this.#maker?.feed(chunk);
  }

  /** What the owner should know, one sentence each. */
  get notes(): string[] {
    if (!this.#ladder || !this.#original) return [];
    if (!this.#canMake) return [CANNOT_MAKE];
    if (this.#hasOpenGops) return [OPEN_GOPS];
    const share = this.#maker?.leftOut;
    return [
      this.#making(this.#original) ? undefined : nothingSmaller(this.#original.height),
      share === undefined ? undefined : tooSlow(share),
      this.#problem,
    ].filter((note) => note !== undefined);
  }

  /** The last words of the encoder that has failed. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Nothing more comes. Resolves when the last pictures are on their way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#maker?.close(), ...this.#leaving]);
  }

  get #canMake(): boolean {
    return this.#options.ffmpeg.libavformat >= LIBAVFORMAT_THAT_FOLLOWS;
  }

  #making(original: Original): Making | undefined {
    return this.#canMake && !this.#hasOpenGops
      ? makingOf(original, this.#ladder, this.#options.encoding)
      : undefined;
  }

  /** Pictures that are shown before their keyframe refer to the GOP before, and have no place in a closed one. */
  #lookAtGop(chunk: Chunk): void {
    const first = this.#keyframe;
    if (chunk.keyframe) this.#keyframe = chunk;
    else if (first && chunk.decodeTime >= first.decodeTime && shownAt(chunk) < shownAt(first))
      this.#hasOpenGops = true;
  }

  #atKeyframe(keyframe: Chunk, tracks: readonly Track[]): void {
    this.#original = originalOf(tracks);
    const wanted = this.#original && this.#making(this.#original);
    const maker = this.#maker;
    if (maker) {
      const step = keyframe.decodeTime - this.#lastTime;
      const goesOn = step > 0 && step < LONGEST_STEP;
      if (goesOn && wanted && isSameMaking(wanted, maker.making)) return;
      this.#state = { is: 'none' };
      this.#offer(0);
      const left = maker.close();
      this.#leaving.add(left);
      void left.then(() => this.#leaving.delete(left));
    }
    // Nothing is made any more that could fail.
    if (!wanted) this.#problem = undefined;
    const isResting = this.#state.is === 'resting' && Milliseconds.now() < this.#state.until;
    if (!wanted || isResting) return;
    const known = this.#last && isSameMaking(wanted, this.#last) ? this.#last.original.frameRate : undefined;
    const frameRate = wanted.original.frameRate ?? known;
    // It has shown by the second keyframe; without it, an encoder could not tell how many bits a picture has.
    if (frameRate !== undefined)
      this.#begin({ ...wanted, original: { ...wanted.original, frameRate } }, keyframe);
  }

  #begin(making: Making, keyframe: Chunk): void {
    const { logger } = this.#options;
    logger.info({ heights: making.rungs.map(({ height }) => height) }, 'the lower renditions begin');
    this.#offer(making.rungs.length);
    const maker = new Maker({
      ...{ ...this.#options, making, keyframe },
      onPicture: (rendition, chunk, tracks) => {
        if (this.#maker !== maker) return;
        const decodeTime = ticks90k(unwrapNear(chunk.decodeTime, this.#lastTime));
        this.#problem = undefined;
        // Its packets are where those of the original are (`RenditionJoin`).
        const pid = making.original.pid;
        this.#offered?.noteTracks(
          rendition,
          tracks.map((track) => ({ ...track, pid })),
        );
        this.#options.publisher.push(rendition, { ...chunk, decodeTime });
      },
    });
    this.#state = { is: 'making', maker };
    this.#last = making;
    void maker.ended.then(() => this.#onEnd(maker));
  }

  get #maker(): Maker | undefined {
    return this.#state.is === 'making' ? this.#state.maker : undefined;
  }

  #onEnd(maker: Maker): void {
    if (this.#maker !== maker || this.#isClosed) return;
    const now = Milliseconds.now();
    const { pause } = this.#restarts.after({ ran: maker.ran, wasCalled: false }, now, Math.random());
    this.#options.logger.warn({ lines: maker.lines }, 'the encoder of the lower renditions has ended');
    this.#problem = ENDED;
    this.#lines = maker.lines;
    this.#state = { is: 'resting', until: Milliseconds.add(now, pause) };
    this.#offer(0);
  }

  #offer(lower: number): void {
    this.#options.publisher.changeRenditions(1 + lower);
    this.#offered?.changeRenditions(1 + lower);
  }
}

const shownAt = ({
  decodeTime,
  presentationOffset,
}: Pick<Chunk, 'decodeTime' | 'presentationOffset'>): number => decodeTime + presentationOffset;
