import type { NewRecord } from '@topicast/log';
import type { Chunk } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import type { StreamFigures } from '../health/figures.js';
import { Numbering } from './numbering.js';
import { Publisher, type PublisherOptions } from './publisher.js';
import { RenditionJoin } from './rendition-join.js';
import type { SteadyClock } from './steady-clock.js';
import { type Arrived, WaitingChunks } from './waiting-chunks.js';

interface StreamPublisherOptions
  extends Pick<PublisherOptions, 'stream' | 'log' | 'onUnknownTopic' | 'limits'> {
  readonly clock: SteadyClock;
  /** Sees each chunk as it arrives. */
  readonly figures?: Pick<StreamFigures, 'arrive' | 'beginSession'>;
  /** Names the stream in each line. */
  readonly logger: Logger;
  /** The highest GOP number in the log; rejects if that cannot be read in time. */
  readonly lastGop: () => Promise<number>;
}

export interface PublishedSession {
  readonly session: number;
  readonly renditions: number;
  /** Nobody else has written since our session before, so the number of its last GOP is the last one in the log. */
  readonly follows?: boolean;
  /** Told of each record on its way to the log. */
  readonly onRecord: (rendition: number, record: NewRecord) => void;
}

interface StreamPublisherState {
  /** Chunks that wait for the log, of all renditions. */
  readonly queued: number;
  /** Chunks of the present session, of all renditions, and those that its beginning cost. */
  readonly dropped: number;
  /** The log's last answer, while it accepts nothing. */
  readonly trouble: string | undefined;
}

/**
 * Brings the chunks of all renditions of a stream to the log. They are numbered together, but each rendition has its
 * own way.
 */
export class StreamPublisher {
  readonly #options: StreamPublisherOptions;
  readonly #numbering: Numbering;
  readonly #publishers: Publisher[] = [];
  #joins: RenditionJoin[] = [];
  #session: PublishedSession | undefined;
  /** Chunks that wait for the number of the first GOP; undefined once it is known. */
  #waiting: WaitingChunks | undefined;
  #counting: Promise<void> | undefined;
  #hasGivenWay = false;

  constructor(options: StreamPublisherOptions) {
    this.#options = options;
    this.#numbering = new Numbering(options.clock);
  }

  get state(): StreamPublisherState {
    const states = this.#publishers.map(({ state }) => state);
    return {
      queued: states.reduce((sum, { queued }) => sum + queued, 0),
      dropped: states.reduce((sum, { dropped }) => sum + dropped, 0),
      trouble: states.find(({ trouble }) => trouble !== undefined)?.trouble,
    };
  }

  /** Undefined before the first. */
  get session(): number | undefined {
    return this.#session?.session;
  }

  /** From now on, chunks come from another encoder. */
  beginSession(session: PublishedSession): void {
    const unsent = this.#unsent();
    const isCounted = session.follows === true && this.#session !== undefined && !this.#waiting;
    this.#session = session;
    this.#options.figures?.beginSession();
    this.#waiting = isCounted ? undefined : new WaitingChunks(this.#options.limits?.bytes);
    this.#counting = undefined;
    if (isCounted) this.#numbering.beginSession(session.session, 0);
    for (let rendition = this.#publishers.length; rendition < session.renditions; rendition++) {
      this.#publishers.push(this.#publisherOf(rendition));
    }
    for (const [rendition, publisher] of this.#publishers.entries()) {
      publisher.beginSession(session.session);
      // They count for the new session, because nobody looks at the old one now.
      publisher.miss(unsent[rendition] ?? 0, 'another encoder began before they were numbered');
    }
    this.#joins = this.#joinsFor(session.renditions, false);
  }

  /** The lower renditions end, and begin anew with the next chunk of the best one, which goes on. */
  changeRenditions(renditions: number): void {
    for (const [index, join] of this.#joins.entries())
      this.#publishers[index + 1]!.miss(join.close(), 'its encoder has ended');
    for (let rendition = this.#publishers.length; rendition < renditions; rendition++) {
      const publisher = this.#publisherOf(rendition);
      if (this.#session) publisher.beginSession(this.#session.session);
      this.#publishers.push(publisher);
    }
    this.#joins = this.#joinsFor(renditions, true);
  }

  /**
   * Another encoder has the same pictures from now on: write no more. Resolves when what was pushed is in the log, so that
   * the other one can go on behind its last number.
   */
  async giveWay(): Promise<void> {
    this.#hasGivenWay = true;
    await Promise.all(this.#publishers.map((publisher) => publisher.idle()));
  }

  push(rendition: number, chunk: Chunk): void {
    if (this.#hasGivenWay) return;
    const arrived = { rendition, chunk, at: this.#options.clock.monotonic() };
    this.#options.figures?.arrive(rendition, chunk, arrived.at);
    if (this.#waiting) {
      this.#miss(this.#waiting.push(arrived));
      this.#counting ??= this.#beginCounting(this.#waiting);
    } else {
      this.#take(arrived);
    }
  }

  /** Count chunks of each rendition that never came to `push`, at the end of its encoder. */
  lose(chunks: number, reason: string): void {
    for (const [rendition, publisher] of this.#publishers.entries()) {
      publisher.lose(rendition === 0 ? chunks : (this.#joins[rendition - 1]?.close() ?? 0), reason);
    }
  }

  /** Resolves when everything that was pushed is in the log, or could not be written in a short time. */
  async close(): Promise<void> {
    await this.#counting;
    await Promise.all(this.#publishers.map((publisher) => publisher.close()));
  }

  /**
   * As late as possible, because the encoder that this one replaces writes until our first chunk is in the log. If the
   * number cannot be read, there is no gap; only a GOP number may come twice.
   */
  async #beginCounting(waiting: WaitingChunks): Promise<void> {
    const { session } = this.#session!;
    const gop = await this.#options.lastGop().catch((error: unknown) => {
      this.#options.logger.warn({ error }, 'the number of the last GOP could not be read');
      return 0;
    });
    // Another encoder has started in the meantime.
    if (this.#waiting !== waiting) return;
    this.#waiting = undefined;
    this.#numbering.beginSession(session, gop);
    for (const arrived of waiting.all) this.#take(arrived);
  }

  #joinsFor(renditions: number, isLate: boolean): RenditionJoin[] {
    return this.#publishers.slice(1, renditions).map(
      (publisher, index) =>
        new RenditionJoin(
          (record) => this.#send(index + 1, record),
          (chunks, reason) => publisher.miss(chunks, reason),
          isLate,
        ),
    );
  }

  /** For each rendition, the chunks that are not on their way to the log. */
  #unsent(): number[] {
    const waiting = this.#waiting?.all ?? [];
    return this.#publishers.map(
      (_, own) =>
        waiting.filter(({ rendition }) => rendition === own).length + (this.#joins[own - 1]?.close() ?? 0),
    );
  }

  #miss(dropped: readonly Arrived[]): void {
    for (const { rendition } of dropped)
      this.#publishers[rendition]!.miss(1, 'the number of the last GOP took too long to read');
  }

  #take({ rendition, chunk, at }: Arrived): void {
    if (rendition > 0) {
      this.#joins[rendition - 1]?.follow(chunk);
      return;
    }
    const record = { header: this.#numbering.header(chunk, at), value: chunk.data };
    this.#send(0, record);
    for (const join of this.#joins) join.lead(record);
  }

  #send(rendition: number, record: NewRecord): void {
    this.#session?.onRecord(rendition, record);
    this.#publishers[rendition]!.push(record);
  }

  #publisherOf(rendition: number): Publisher {
    const { log, stream, limits, onUnknownTopic } = this.#options;
    const logger = rendition === 0 ? this.#options.logger : this.#options.logger.child({ rendition });
    return new Publisher({ log, stream, rendition, logger, onUnknownTopic, ...(limits && { limits }) });
  }
}
