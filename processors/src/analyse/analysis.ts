import {
  ANALYSIS_EVERY_MS,
  type AnalysisRow,
  type Finding,
  openAnalyses,
} from '@topicast/contracts/analysis';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { TypedTable } from '@topicast/contracts/typed-table';
import { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { ProcessorContext } from '../processors.js';
import { smallestPicture } from '../rendition-choice.js';
import {
  type EndReason,
  isLive,
  type Processor,
  type ReadChunk,
  type StreamView,
  type Work,
} from '../worker/processor.js';
import { Analyser } from './analyser.js';
import { Judge } from './judge.js';

interface AnalysisOptions {
  readonly table: TypedTable<StreamId, AnalysisRow>;
  readonly ffmpegPath: string;
  readonly counts: { skipped: number };
  readonly mostStreams: number;
  readonly logger: Logger;
}

/** @param mostStreams an ffmpeg for each of them has 65 MB */
export const openAnalysis = (
  {
    status,
    ffmpegPath,
    metrics,
    logger,
  }: Pick<ProcessorContext, 'status' | 'ffmpegPath' | 'metrics' | 'logger'>,
  mostStreams: number,
): Processor =>
  new AnalysisProcessor({
    table: openAnalyses(status, (stream, error) =>
      logger.warn({ stream, err: error }, 'a row about picture and sound cannot be read'),
    ),
    ...{ ffmpegPath, counts: metrics.analysis, mostStreams, logger },
  });

/** Looks and listens for what viewers would miss: a row of `topicast.status` for each live stream. */
class AnalysisProcessor implements Processor {
  readonly name = 'analyse';
  readonly #options: AnalysisOptions;
  readonly #tidying = new Set<StreamId>();

  constructor(options: AnalysisOptions) {
    this.#options = options;
  }

  get mostStreams(): number {
    return this.#options.mostStreams;
  }

  /** All renditions have the same sound. */
  renditionOf(stream: StreamView): number | undefined {
    const catalog = isLive(stream) ? stream.status?.catalog : undefined;
    return catalog && (smallestPicture(catalog, 0)?.rendition ?? catalog.renditions[0]?.rendition);
  }

  follow(stream: StreamView): Work {
    return new Watch(stream, this.#options);
  }

  known(): Iterable<StreamId> {
    return this.#options.table.rows.keys();
  }

  tidy(id: StreamId): void {
    if (this.#tidying.has(id)) return;
    this.#tidying.add(id);
    const { table, logger } = this.#options;
    table
      .delete(id)
      .catch((error: unknown) => logger.debug({ stream: id, err: error }, 'a row could not be removed'))
      .finally(() => this.#tidying.delete(id));
  }

  async close(): Promise<void> {
    this.#options.table.close();
  }
}

/** Watches one stream. */
class Watch implements Work {
  readonly #stream: StreamId;
  readonly #options: AnalysisOptions;
  readonly #timer: NodeJS.Timeout;
  #running: { readonly session: number; readonly analyser: Analyser; readonly judge: Judge } | undefined;
  #writing: Promise<void> | undefined;
  #told = '';
  /** Viewers see a slate, which stands still and is silent because we make it so. */
  #isAway: boolean;
  #isClosed = false;

  constructor(stream: StreamView, options: AnalysisOptions) {
    this.#stream = stream.id;
    this.#options = options;
    this.#isAway = isAway(stream);
    this.#timer = setInterval(() => this.#tell(), ANALYSIS_EVERY_MS);
  }

  take({ header, value, gap }: ReadChunk): void | Promise<void> {
    if (this.#isAway) return this.#running && this.#rest();
    // Another encoder may have other tracks, and has other times.
    const isNew = !this.#running || gap?.reason === 'session';
    if (isNew) return header.keyframe ? this.#begin(header.session, value) : undefined;
    this.#running?.analyser.take(value, header.keyframe);
  }

  update(stream: StreamView): void {
    this.#isAway = isAway(stream);
  }

  async close(because: EndReason): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running?.analyser.close();
    await this.#writing;
    if (because === 'over') await this.#options.table.delete(this.#stream);
  }

  /** Until the encoder is back. What was said of it before is soon out of date, and readers know by its session. */
  async #rest(): Promise<void> {
    const { analyser } = this.#running!;
    this.#running = undefined;
    await analyser.close();
  }

  async #begin(session: number, keyframe: Uint8Array): Promise<void> {
    await this.#running?.analyser.close();
    if (this.#isClosed) return;
    const judge = new Judge();
    const { ffmpegPath, counts } = this.#options;
    const analyser = new Analyser({
      ffmpegPath,
      onFact: (fact) => {
        judge.take(fact, Milliseconds.wallClock());
        if (judge === this.#running?.judge && kindsOf(judge.analysis.findings) !== this.#told) this.#tell();
      },
      onSkipped: () => {
        counts.skipped += 1;
      },
    });
    this.#running = { session, analyser, judge };
    this.#told = '';
    analyser.take(keyframe, true);
  }

  /** One write at a time; what comes meanwhile is told by the next one. */
  #tell(): void {
    if (!this.#running || this.#writing || this.#isClosed) return;
    const { session, judge } = this.#running;
    const { analysis } = judge;
    const { table, logger } = this.#options;
    this.#told = kindsOf(analysis.findings);
    this.#writing = table
      .put(this.#stream, { at: new Date().toISOString(), session, ...analysis })
      .then(
        () => undefined,
        (error: unknown) => logger.debug({ stream: this.#stream, err: error }, 'a row could not be written'),
      )
      .finally(() => {
        this.#writing = undefined;
      });
  }
}

const isAway = ({ status }: StreamView): boolean => status?.awaySince !== undefined;

const kindsOf = (findings: readonly Finding[]): string => findings.map(({ kind }) => kind).join();
