import type { DestinationKey, DestinationRow } from '@topicast/contracts/destination';
import { SampleReader, StreamClock } from '@topicast/media/samples';
import type { EndReason, ReadChunk, Work } from '../worker/processor.js';
import type { DestinationWork } from './destination-work.js';
import type { SentChunk } from './outlet.js';

const TICK_MS = 1_000;

interface StreamRestreamOptions {
  /** Where the stream should go at present. */
  readonly wanted: () => ReadonlyMap<DestinationKey, DestinationRow>;
  readonly begin: (key: DestinationKey, row: DestinationRow) => DestinationWork;
  /** Whether chunks of this session are what is on air, so that a connection may begin with them. */
  readonly isOnAir: (session: number) => boolean;
  /** What an earlier owner may have left behind. */
  readonly tidy: () => void;
}

/** Sends one stream on to all its destinations. Its chunks are read once for all of them. */
export class StreamRestream implements Work {
  readonly #options: StreamRestreamOptions;
  readonly #works = new Map<DestinationKey, DestinationWork>();
  readonly #clock = new StreamClock();
  readonly #reader = new SampleReader(this.#clock, Number.NEGATIVE_INFINITY);
  readonly #timer: NodeJS.Timeout;
  readonly #ending = new Set<Promise<void>>();

  constructor(options: StreamRestreamOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const work of this.#works.values()) work.tick();
    }, TICK_MS);
    this.look();
    options.tidy();
  }

  /** Destinations may have come or gone. */
  look(): void {
    const wanted = this.#options.wanted();
    for (const [key, work] of this.#works) {
      if (wanted.has(key)) continue;
      this.#works.delete(key);
      this.#end(work, true);
    }
    for (const [key, row] of wanted) {
      if (!this.#works.has(key)) this.#works.set(key, this.#options.begin(key, row));
    }
  }

  take(chunk: ReadChunk): void {
    const sent = this.#read(chunk);
    for (const work of this.#works.values()) work.take(sent);
  }

  async close(because: EndReason): Promise<void> {
    clearInterval(this.#timer);
    for (const work of this.#works.values()) this.#end(work, because === 'over');
    this.#works.clear();
    await Promise.all(this.#ending);
  }

  #read({ header, value, gap }: ReadChunk): SentChunk {
    const discontinuity = header.discontinuity || gap !== undefined;
    this.#clock.begin({ decodeTime: header.decodeTime, discontinuity });
    const samples = this.#reader.push(value, { discontinuity });
    const tracks = {
      video: this.#reader.tracks.some(({ kind }) => kind === 'video'),
      audio: this.#reader.tracks.some(({ kind }) => kind === 'audio'),
    };
    const canBegin = tracks.video ? samples.video[0]?.keyframe === true : samples.audio.length > 0;
    return {
      samples,
      isStart: canBegin,
      mayConnect: canBegin && this.#options.isOnAir(header.session),
      tracks,
    };
  }

  #end(work: DestinationWork, isGone: boolean): void {
    const ended = work.close(isGone).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
