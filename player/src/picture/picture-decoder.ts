import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Fragment, InitSegment } from '@topicast/media/fmp4';

const MICROSECONDS = 1_000_000;
/** Decoders have few buffers for pictures: so many may be decoded, or wait for their time. */
const MOST_AHEAD = 6;
/** A decoder that reorders pictures keeps up to 16 of them besides. */
const MOST_INSIDE = 24;
/** Some 30 s of a very good stream. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
/** A decoder that has taken so many pictures and gives none for so long is broken. */
const SILENT_MS = 2_000;

interface PictureDecoderEvents {
  /** The taker closes it. Around a change of the decoder, they may not come in their order. */
  onPicture(picture: VideoFrame): void;
  /** What came was damaged: another decoder can go on at a keyframe. */
  onDamaged(message: string): void;
  /** These pictures are not for a decoder of this browser. */
  onFailed(message: string): void;
}

/** A decoder with its set-up. */
interface Prepared {
  readonly decoder: VideoDecoder;
  readonly config: VideoDecoderConfig;
}

interface Waiting {
  readonly fragment: Fragment;
  /** From this picture on, another decoder is needed. */
  readonly prepared: Prepared | undefined;
}

/** Feeds decoders with the fragments of one track, no faster than their pictures are taken. */
export class PictureDecoder {
  readonly #events: PictureDecoderEvents;
  #current: Prepared | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** The presentation times of what has not been given back yet, in decoding order. */
  #inside: number[] = [];
  /** Of them, when a picture came: so many it keeps to reorder them. */
  #fewest: number | undefined;
  #answeredAt = performance.now();

  constructor(events: PictureDecoderEvents) {
    this.#events = events;
  }

  /** Of the next picture that has not been decoded. */
  get coming(): Milliseconds | undefined {
    if (this.#inside.length > 0) return milliseconds(Math.min(...this.#inside) / 1000);
    const [waiting] = this.#waiting;
    return waiting && milliseconds(waiting.fragment.start * 1000);
  }

  /**
   * @param held so many decoded pictures wait for their time
   * @returns how many pictures will never be decoded without those that follow, if the others wait only for room;
   * undefined if the decoder has to catch up
   */
  keptWith(held: number): number | undefined {
    const isAhead = held > 0 && held + this.#inside.length - this.#kept >= MOST_AHEAD;
    return isAhead && this.#waiting.length > 0 ? this.#kept : undefined;
  }

  get #kept(): number {
    return this.#fewest ?? 0;
  }

  push(fragment: Fragment): void {
    // A decoder takes some time to begin, so it begins before it is needed.
    const prepared = fragment.init && this.#prepare(fragment.init);
    this.#waiting.push({ fragment, prepared });
    this.#waitingBytes += fragment.data.byteLength;
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#events.onFailed('the decoder is too slow');
  }

  /** Decode, unless so many decoded pictures are waiting already. Call this whenever that may have changed. */
  pump(held: number): void {
    // A decoder that gives none for so many wants more to reorder; as it is not known how many, one each time.
    const wantsMore = held === 0 && this.#inside.length >= MOST_AHEAD + this.#kept;
    const wanted = wantsMore ? this.#inside.length + 1 : MOST_AHEAD + this.#kept - held;
    const most = Math.min(wanted, MOST_INSIDE);
    while (this.#waiting.length > 0 && this.#inside.length < most) {
      const next = this.#waiting.shift()!;
      this.#waitingBytes -= next.fragment.data.byteLength;
      if (next.prepared) this.#changeTo(next.prepared);
      this.#decode(next.fragment);
    }
    const isFull = this.#inside.length >= Math.min((this.#fewest ?? MOST_INSIDE) + MOST_AHEAD, MOST_INSIDE);
    const isSilent = performance.now() - this.#answeredAt > SILENT_MS;
    if (isFull && isSilent && held === 0) this.#events.onFailed('the decoder gives no pictures');
  }

  /**
   * Go on at the newest keyframe that waits, if there is one: the decoder does not keep up.
   * @returns how many pictures were left out
   */
  skipAhead(): number {
    const keyframe = this.#waiting.findLastIndex(({ fragment }) => fragment.keyframe);
    if (keyframe <= 0) return 0;
    this.#drop(keyframe);
    return keyframe;
  }

  /** The next fragment is a keyframe; what was pushed before is not wanted any more. */
  clear(): void {
    this.#drop(this.#waiting.length);
    this.#inside = [];
    this.#fewest = undefined;
    if (this.#current?.decoder.state !== 'configured') return;
    this.#current.decoder.reset();
    this.#current.decoder.configure(this.#current.config);
  }

  close(): void {
    this.#drop(this.#waiting.length);
    if (this.#current) close(this.#current);
  }

  /** The first of what waits is not decoded. A decoder that was prepared for that is the one for the rest. */
  #drop(count: number): void {
    for (const { fragment, prepared } of this.#waiting.splice(0, count)) {
      this.#waitingBytes -= fragment.data.byteLength;
      if (prepared) this.#changeTo(prepared);
    }
  }

  #prepare({ decoder: set }: InitSegment): Prepared {
    // Whether hardware decodes is the browser's choice.
    const config = { codec: '', ...set, optimizeForLatency: true };
    const decoder = new VideoDecoder({
      output: (picture) => this.#onPicture(picture),
      error: (error) => this.#events.onDamaged(error.message),
    });
    decoder.configure(config);
    return { decoder, config };
  }

  /** What is inside of the old one still comes. */
  #changeTo(prepared: Prepared): void {
    const before = this.#current;
    this.#current = prepared;
    this.#fewest = undefined;
    if (before?.decoder.state !== 'configured') return;
    const end = (): void => close(before);
    before.decoder.flush().then(end, end);
  }

  #decode({ data, start, end, keyframe }: Fragment): void {
    const timestamp = Math.round(start * MICROSECONDS);
    try {
      this.#current?.decoder.decode(
        new EncodedVideoChunk({
          type: keyframe ? 'key' : 'delta',
          timestamp,
          duration: Math.round((end - start) * MICROSECONDS),
          data,
        }),
      );
    } catch (error) {
      this.#events.onDamaged(String(error));
      return;
    }
    if (this.#inside.length === 0) this.#answeredAt = performance.now();
    this.#inside.push(timestamp);
  }

  #onPicture(picture: VideoFrame): void {
    this.#answeredAt = performance.now();
    // The decoder may have swallowed some; with reordering, others before it still come.
    this.#inside = this.#inside.filter((time) => time > picture.timestamp);
    this.#fewest = Math.min(this.#fewest ?? MOST_INSIDE, this.#inside.length);
    this.#events.onPicture(picture);
  }
}

function close({ decoder }: Prepared): void {
  if (decoder.state !== 'closed') decoder.close();
}
